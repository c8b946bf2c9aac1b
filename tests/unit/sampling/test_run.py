"""Runs: reproducibility, changes of γ between steps, rewinding and branches."""

from __future__ import annotations

import json
import math

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_to_rotvec
from confdiff_widgets.guidance.cfg import ClassifierFreeGuidance
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sampling.run import Run


def finish(run: Run) -> Rigid:
    for _ in run:
        pass
    return run.state.rigid


def same(a: Rigid, b: Rigid) -> bool:
    return torch.equal(a.quat, b.quat) and torch.equal(a.trans, b.trans)


# --- reproducibility --------------------------------------------------------------------------

SOLVER_SETTINGS = [
    {"solver": "em", "stochasticity": 0.0, "steps": 12},
    {"solver": "ddim"},
    {"solver": "dpm", "stochasticity": 0.5},
    {"solver": "heun", "stochasticity": 0.0},
]


@pytest.mark.parametrize("settings", SOLVER_SETTINGS, ids=lambda s: s["solver"])
def test_same_seed_same_numbers(make_run, settings):
    first = finish(make_run(gamma=0.5, seed=3, **settings))
    assert first.trans.isfinite().all()
    assert same(first, finish(make_run(gamma=0.5, seed=3, **settings)))
    assert not same(first, finish(make_run(gamma=0.5, seed=4, **settings)))


def test_conformers_differ(make_run):
    result = finish(make_run())
    assert (result.trans[0] - result.trans[1]).abs().max() > 0.1


def test_result_is_centred_and_at_time_zero(make_run):
    run = make_run(solver="em", stochasticity=0.0, steps=15, gamma=0.3)
    result = finish(run)
    assert result.trans.mean(1).abs().max() < 1e-4
    assert run.state.t == 0
    assert run.state.evaluated_t == run.times[-1]


def test_published_solver_returns_the_conditional_prediction(make_run):
    run = make_run(solver="em", stochasticity=0.0, steps=15, gamma=0.3)
    result = finish(run)
    evaluation = run.state.evaluation
    assert same(result, evaluation.conditional_frames.center())
    assert not same(result, evaluation.frames.center())
    other = make_run(gamma=0.3)
    assert same(finish(other), other.state.evaluation.frames.center())


@pytest.mark.parametrize("settings", SOLVER_SETTINGS, ids=lambda s: s["solver"])
def test_exact_network_reproduces_the_data(make_run, gaussian_mix, settings):
    """Network, guidance, solver and run together reproduce the spread of x̂_0 in closed form."""
    steps = {"em": 100, "ddim": 60, "dpm": 30, "heun": 15}[settings["solver"]]
    run = make_run(cfg=gaussian_mix, **(settings | {"samples": 300, "steps": steps}))
    result = finish(run)
    fold = gaussian_mix.conditional.network.fold
    assert (result.trans.mean(0) - fold).abs().max() < 5 * 2 / math.sqrt(300) + 0.1
    # E[x_0 | x_t] scatters by (α² s² / (α² s² + σ²)) s², minus the part of the centre of mass
    r3, t = gaussian_mix.process.r3, run.times[-1]
    signal, noise = r3.alpha(t) ** 2 * 0.04, r3.variance(t)
    expected = 4 * signal / (signal + noise) * (1 - 1 / 10)
    assert (result.trans - fold).var().item() == pytest.approx(expected, rel=0.12)
    assert quat_to_rotvec(result.quat).abs().max() < 1e-3


def test_multistep_solver_uses_the_previous_step(make_run):
    first = list(make_run(solver="ddim", stochasticity=0.0))
    second = list(make_run(solver="dpm", stochasticity=0.0))
    assert same(first[0].rigid, second[0].rigid)
    assert not same(first[1].rigid, second[1].rigid)


# --- batches ----------------------------------------------------------------------------------


class Limited(ClassifierFreeGuidance):
    """Classifier-free guidance on a device with memory for ``limit`` conformers."""

    limit = 3
    error: Exception = torch.cuda.OutOfMemoryError("CUDA out of memory")

    def __call__(self, rigid, t, gamma):
        if rigid.shape[0] > self.limit:
            raise self.error
        return super().__call__(rigid, t, gamma)


@pytest.fixture
def limited(tiny_cfg) -> Limited:
    return Limited(tiny_cfg.conditional, tiny_cfg.unconditional)


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ],
    ids=["cuda", "cpu", "python"],
)
@pytest.mark.parametrize("gamma", [1.0, 0.5])
def test_batches_split_when_memory_runs_out(make_run, limited, error, gamma):
    limited.error = error
    whole = make_run(samples=11, gamma=gamma)
    split = make_run(samples=11, gamma=gamma, cfg=limited)
    for together, apart in zip(whole, split, strict=True):
        torch.testing.assert_close(apart.rigid.trans, together.rigid.trans, atol=1e-2, rtol=1e-4)
    assert split.state.rigid.shape == (11, 10)
    assert (split.state.evaluation.unconditional is None) == (gamma == 1)
    assert split.evaluations == whole.evaluations
    assert split.ensemble().atom14.shape == (11, 10, 14, 3)


def test_other_errors_are_not_mistaken_for_lack_of_memory(make_run, limited):
    limited.error = RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        make_run(cfg=limited).step()


def test_failed_step_leaves_the_run_unchanged(make_run, limited):
    run = make_run(cfg=limited, samples=limited.limit)  # in one batch, so that rounding agrees
    run.step()
    limited.limit, before = 0, run.state
    limited.error = RuntimeError("interrupted")
    with pytest.raises(RuntimeError, match="interrupted"):
        run.step()
    assert run.state is before
    assert len(run.gammas) == 1
    limited.limit = 99
    assert same(finish(run), finish(make_run(samples=3)))


# --- γ ----------------------------------------------------------------------------------------


def test_gamma_takes_effect_in_the_next_step_and_is_recorded(make_run, tiny_cfg):
    plain, steered = make_run(), make_run()
    for _ in range(3):
        plain.step()
        steered.step()
    steered.gamma = 0.25
    assert same(steered.state.rigid, plain.state.rigid)
    before = steered.state
    plain.step()
    after = steered.step()
    assert not same(after.rigid, plain.state.rigid)
    assert after.gamma == 0.25
    expected = tiny_cfg(before.rigid, before.t, 0.25)
    assert torch.equal(after.evaluation.score.trans, expected.score.trans)
    assert steered.gammas == [1.0, 1.0, 1.0, 0.25]
    steered.gamma = 0.0
    finish(steered)
    assert steered.gammas == [1.0] * 3 + [0.25] + [0.0] * 5
    assert steered.ensemble().settings["gamma_per_step"] == steered.gammas


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_invalid_gamma_changes_nothing(make_run, value):
    run = make_run(gamma=0.5)
    with pytest.raises(SettingsError, match="finite"):
        run.gamma = value
    assert run.gamma == 0.5


def test_gamma_without_its_network_is_refused_before_the_first_step(make_run, tiny_cfg):
    alone = ClassifierFreeGuidance(tiny_cfg.conditional, None)
    with pytest.raises(SettingsError, match="unconditional network"):
        make_run(cfg=alone, gamma=0.5)
    run = make_run(cfg=alone)
    with pytest.raises(SettingsError, match="unconditional network"):
        run.gamma = 0.5
    finish(run)


@pytest.mark.parametrize("solver", ["ddim", "heun"])
@pytest.mark.parametrize(("gamma", "expected"), [(1.0, (1, 0)), (0.0, (0, 1)), (0.5, (1, 1))])
def test_networks_run_only_when_needed(make_run, tiny_cfg, solver, gamma, expected):
    calls = [0, 0]

    def count(which: int) -> None:
        calls[which] += 1

    tiny_cfg.conditional.network.register_forward_hook(lambda *_: count(0))
    tiny_cfg.unconditional.network.register_forward_hook(lambda *_: count(1))
    run = make_run(solver=solver, stochasticity=0.0, gamma=gamma, steps=6)
    finish(run)
    # the last step only predicts, so Heun saves its second evaluation there
    evaluations = 6 if solver == "ddim" else 11
    assert calls == [evaluations * n for n in expected]
    assert run.evaluations == sum(calls)


def test_score_norms_name_what_was_evaluated(make_run):
    run = make_run(gamma=1.0)
    assert run.state.score_norms() == {}
    assert run.state.prediction is None
    norms = run.step().score_norms()
    assert set(norms) == {"total", "conditional"}
    run.gamma = 0.5
    state = run.step()
    norms = state.score_norms()
    assert set(norms) == {"total", "conditional", "unconditional"}
    expected = state.evaluation.unconditional.rot.pow(2).sum(-1).mean(-1).sqrt()
    torch.testing.assert_close(norms["unconditional"]["rot"], expected)
    assert norms["total"]["trans"].shape == (4,)


# --- rewinding and branches -------------------------------------------------------------------

SCHEDULE = [1.0, 1.0, 0.5, 0.5, 0.2, 1.0, 1.0, 0.7, 0.0]


def follow(run: Run) -> Rigid:
    """Run to the end with γ as in ``SCHEDULE``."""
    while not run.finished:
        run.gamma = SCHEDULE[run.state.step]
        run.step()
    return run.state.rigid


@pytest.mark.parametrize("keep_every", [1, 7])
@pytest.mark.parametrize("solver", ["ddim", "dpm"])
def test_continuing_after_rewinding_repeats_the_run(make_run, keep_every, solver):
    original = make_run(solver=solver)
    follow(original)
    run = make_run(solver=solver, keep_every=keep_every)
    follow(run)
    for step in (9, 8, 7, 4, 3, 1, 0):
        state = run.rewind(step)
        assert state.step == run.state.step == step
        assert same(state.rigid, original.states[step].rigid)
        assert run.gammas == SCHEDULE[:step]
        assert run.gamma == (SCHEDULE[step - 1] if step else 1.0)
        assert same(follow(run), original.state.rigid)
        assert run.gammas == SCHEDULE


def test_number_of_kept_states(make_run):
    run = make_run(keep_every=4)
    finish(run)
    assert [state.step for state in run.states] == [0, 4, 8, 9]
    run.rewind(6)
    assert [state.step for state in run.states] == [0, 4, 6]
    finish(run)
    assert [state.step for state in run.states] == [0, 4, 8, 9]
    assert [state.step for state in make_run(keep_every=100).states] == [0]


@pytest.mark.parametrize("step", [-1, 4])
def test_rewinding_to_other_steps_is_refused(make_run, step):
    run = make_run()
    for _ in range(3):
        run.step()
    with pytest.raises(SettingsError, match=f"Cannot rewind to step {step}: .* at step 3"):
        run.rewind(step)
    with pytest.raises(SettingsError, match="Cannot rewind"):
        run.branch(step)
    assert run.state.step == 3


@pytest.mark.parametrize("keep_every", [1, 7])
@pytest.mark.parametrize("change", [{"gamma": 0.0}, {"seed": 99}, {"gamma": 0.5, "seed": 99}])
def test_branch_shares_past_steps_and_is_independent_afterwards(make_run, keep_every, change):
    run = make_run(keep_every=keep_every)
    states = [run.state, *run]
    result, gammas = run.state.rigid, list(run.gammas)
    branch = run.branch(4, **change)
    assert same(branch.state.rigid, states[4].rigid)
    own = finish(branch)
    assert not same(own, result)
    # the original is unchanged
    assert run.finished
    assert same(run.state.rigid, result)
    assert run.gammas == gammas
    assert same(run.rewind(5).rigid, states[5].rigid)
    assert same(finish(run), result)
    # and the branch can be rewound too, across the fork
    assert same(branch.rewind(2).rigid, states[2].rigid)


def test_branch_without_a_change_repeats_the_run(make_run):
    run = make_run(gamma=0.5)
    result = finish(run)
    assert same(finish(run.branch(3)), result)


def test_rewound_branch_repeats_its_noise(make_run):
    run = make_run(keep_every=100)
    finish(run)
    branch = run.branch(4, seed=99)
    result = finish(branch)
    branch.rewind(6)
    assert same(finish(branch), result)


def test_branch_refuses_an_invalid_gamma(make_run):
    run = make_run()
    run.step()
    with pytest.raises(SettingsError, match="finite"):
        run.branch(1, gamma=math.nan)


def test_settings_of_a_branch_contain_its_seeds(make_run):
    run = make_run(seed=5)
    finish(run)
    branch = run.branch(4, seed=99, gamma=0.5)
    finish(branch)
    settings = branch.ensemble().settings
    assert settings["seed"] == 5  # of the start
    assert settings["seed_per_step"] == [5] * 4 + [99] * 5
    assert settings["gamma_per_step"] == [1.0] * 4 + [0.5] * 5
    assert run.ensemble().settings["seed_per_step"] == [5] * 9
    assert json.loads(json.dumps(settings)) == settings


# --- the end ----------------------------------------------------------------------------------


def test_iterating(make_run):
    run = make_run()
    assert run.steps == 9
    assert [state.step for state in run] == list(range(1, 10))
    assert run.finished
    assert list(run) == []
    run.rewind(7)
    assert [state.step for state in run] == [8, 9]


def test_steps_after_the_end_are_refused(make_run):
    run = make_run(steps=1)
    run.step()
    with pytest.raises(StopIteration, match="finished"):
        run.step()


def test_ensemble_of_an_unfinished_run_is_the_prediction(make_run):
    run = make_run()
    with pytest.raises(SettingsError, match="not made a step"):
        run.ensemble()
    run.step()
    shown = run.ensemble()
    assert shown.settings["finished"] is False
    expected = run.state.prediction.center().trans
    torch.testing.assert_close(shown.atom14[:, :, 1], expected)
    finish(run)
    assert run.ensemble().settings["finished"] is True


def test_one_residue(tiny_cfg):
    cfg = ClassifierFreeGuidance(None, tiny_cfg.unconditional)
    run = Run(cfg, "A", SamplerConfig(samples=2, steps=3, gamma=0.0))
    assert finish(run).trans.abs().max() < 1e-5


# --- from a structure -------------------------------------------------------------------------


@pytest.fixture
def structure(gaussian_mix) -> Rigid:
    """Return one conformer of ``gaussian_mix``'s data, (10,)."""
    fold = gaussian_mix.conditional.network.fold
    trans = fold + 2 * torch.randn(10, 3, generator=torch.Generator().manual_seed(0))
    return Rigid(torch.tensor([1.0, 0, 0, 0]).expand(10, 4), trans)


def distance(run: Run, structure: Rigid) -> float:
    """Return the root mean square distance to the structure, Å."""
    away = finish(run).trans - structure.center().trans
    return away.pow(2).sum(-1).mean().sqrt().item()


def test_runs_with_little_noise_stay_near_the_structure(make_run, gaussian_mix, structure):
    settings = {"samples": 60, "solver": "dpm", "steps": 20}
    distances = [
        distance(make_run(cfg=gaussian_mix, structure=structure, t_start=t, **settings), structure)
        for t in (0.01, 0.04, 0.1, 0.8)
    ]
    assert distances == sorted(distances)
    assert distances[0] < 1.0
    # At t_start = 1 the memory of the structure is lost: what remains is its distance from the
    # fold and a scatter of 2 Å in each direction.
    fold = gaussian_mix.conditional.network.fold
    own = (structure.center().trans - fold).pow(2).sum(-1).mean().item()
    assert distances[-1] == pytest.approx(math.sqrt(own + 3 * 4 * 0.9), rel=0.1)


def test_accepted_shapes_of_structures(make_run, gaussian_mix, structure):
    one = Rigid(structure.quat[None], structure.trans[None])
    many = Rigid(structure.quat.expand(4, 10, 4), structure.trans.expand(4, 10, 3))
    results = [
        finish(make_run(cfg=gaussian_mix, structure=s, t_start=0.3)) for s in (structure, one, many)
    ]
    assert same(results[0], results[1])
    assert same(results[0], results[2])


def test_structure_at_any_position_and_in_double_precision(make_run, gaussian_mix, structure):
    far = Rigid(structure.quat.double(), structure.trans.double() + 50)
    away = finish(make_run(cfg=gaussian_mix, structure=far, t_start=0.1)).trans
    here = finish(make_run(cfg=gaussian_mix, structure=structure, t_start=0.1)).trans
    torch.testing.assert_close(away, here, atol=1e-3, rtol=0)


def test_structure_and_t_start_must_match(make_run, structure):
    with pytest.raises(SettingsError, match="structure is missing"):
        make_run(t_start=0.3)
    with pytest.raises(SettingsError, match="structure is given"):
        make_run(structure=structure)


def test_structures_of_another_shape_are_refused(make_run, structure):
    with pytest.raises(SettingsError, match="structure has 9 residues, the sequence 10"):
        make_run(structure=structure[:9], t_start=0.3)
    three = Rigid(structure.quat.expand(3, 10, 4), structure.trans.expand(3, 10, 3))
    with pytest.raises(SettingsError, match="3 structures cannot start 4 conformers"):
        make_run(structure=three, t_start=0.3)


@pytest.mark.parametrize("solver", ["em", "ddim", "dpm", "heun"])
def test_smallest_start_time(make_run, gaussian_mix, structure, solver):
    run = make_run(
        cfg=gaussian_mix, structure=structure, t_start=0.01, solver=solver, stochasticity=0.0
    )
    assert finish(run).trans.isfinite().all()
