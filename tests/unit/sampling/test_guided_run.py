"""Runs under physical guidance: the tilted distribution, and changes of η."""

from __future__ import annotations

import json
import math

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import EnergyGuidance, Schedule
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.representations import OneHot
from confdiff_widgets.sampling import Run, SamplerConfig
from confdiff_widgets.sampling.divergence import DivergenceError, is_bounded

SOLVER_SETTINGS = [
    {"solver": "em", "stochasticity": 0.0, "steps": 200},
    {"solver": "ddim", "steps": 300},
    {"solver": "dpm", "steps": 40},
    {"solver": "heun", "stochasticity": 0.0, "steps": 60},
]


def finish(run: Run) -> Rigid:
    for _ in run:
        pass
    return run.state.rigid


def same(a: Rigid, b: Rigid) -> bool:
    return torch.equal(a.quat, b.quat) and torch.equal(a.trans, b.trans)


@pytest.fixture
def energy(tiny_network) -> EnergyGuidance:
    network = tiny_network(conditional=True, seed=6, head="energy")
    return EnergyGuidance(ConfDiffModel(network, OneHot()("YYDPETGTWY")))


# --- sampled distribution ---------------------------------------------------------------------


@pytest.mark.parametrize("settings", SOLVER_SETTINGS, ids=lambda s: s["solver"])
def test_full_guidance_samples_the_tilted_distribution(make_run, gaussian_mix, quadratic, settings):
    """The data's distribution times e^{-E}, for every solver, within sampling error."""
    samples = 400
    run = make_run(
        cfg=gaussian_mix, physical=quadratic, eta=1.0, **(settings | {"samples": samples})
    )
    finish(run)
    # x_t at the last evaluation, whose distribution is known for every solver
    r3, t = gaussian_mix.process.r3, run.times[-1]
    shown = run.states[-2].rigid.trans
    variance = r3.alpha(t) ** 2 * quadratic.tilted_spread**2 + r3.variance(t) / r3.scale**2
    error = math.sqrt(variance / samples)
    away = shown.mean(0) - r3.alpha(t) * quadratic.tilted_fold
    assert away.abs().max() < 4 * error
    found = (shown - shown.mean(0)).var().item() / (1 - 1 / 10)
    assert found == pytest.approx(variance, rel=0.07)
    assert (quadratic.tilted_fold - gaussian_mix.conditional.network.fold).abs().max() > 10 * error


def test_prediction_is_the_tilted_posterior_mean(make_run, gaussian_mix, quadratic):
    run = make_run(cfg=gaussian_mix, physical=quadratic, eta=1.0)
    before, state = run.state, run.step()
    r3 = gaussian_mix.process.r3
    alpha, noise = r3.alpha(before.t), r3.variance(before.t) / r3.scale**2
    signal = quadratic.tilted_spread**2
    gain = alpha * signal / (alpha**2 * signal + noise)
    expected = quadratic.tilted_fold + gain * (before.rigid.trans - alpha * quadratic.tilted_fold)
    torch.testing.assert_close(state.prediction.trans, expected, atol=5e-3, rtol=1e-4)


# --- changes of η -----------------------------------------------------------------------------


def test_run_with_eta_0_equals_an_unguided_run(make_run, energy):
    plain, idle = make_run(gamma=0.5), make_run(gamma=0.5, physical=energy)
    assert same(finish(plain), finish(idle))
    assert plain.evaluations == idle.evaluations
    assert idle.state.evaluation.physical is None


def test_eta_takes_effect_in_the_next_step_and_is_recorded(make_run, energy):
    plain, steered = make_run(), make_run(physical=energy)
    for _ in range(3):
        plain.step()
        steered.step()
    steered.eta = 5.0
    assert same(steered.state.rigid, plain.state.rigid)
    plain.step()
    state = steered.step()
    assert not same(state.rigid, plain.state.rigid)
    assert state.eta == 5.0
    assert state.evaluation.energy.shape == (4,)
    norms = state.score_norms()
    assert set(norms) == {"total", "conditional", "physical"}
    assert norms["physical"]["rot"].min() > 0
    finish(steered)
    assert steered.etas == [0.0] * 3 + [5.0] * 6
    assert steered.evaluations == 9 + 6
    settings = steered.ensemble().settings
    assert settings["eta_per_step"] == steered.etas
    assert settings["guidance"] == "energy"


def test_eta_schedule(make_run, energy):
    run = make_run(physical=energy, eta=Schedule(2.0, start=0.5, stop=0.1))
    finish(run)
    assert run.etas == [2.0 if 0.1 <= t <= 0.5 else 0.0 for t in run.times]
    assert 0 < run.etas.count(2.0) < len(run.etas)
    settings = run.ensemble().settings
    stored = json.loads(json.dumps({name: settings[name] for name in run.config.to_dict()}))
    assert SamplerConfig(**stored | {"guidance": "none"}) == run.config


ETAS = [0.0, 1.0, 1.0, 0.0, 3.0, 3.0, 0.5, 0.0, 1.0]


@pytest.mark.parametrize("keep_every", [1, 7])
def test_rewinding_restores_eta(make_run, energy, keep_every):
    def follow(run: Run) -> Rigid:
        while not run.finished:
            run.eta = ETAS[run.state.step]
            run.step()
        return run.state.rigid

    run = make_run(physical=energy, keep_every=keep_every)
    result = follow(run)
    for step in (7, 5, 2, 0):
        run.rewind(step)
        assert run.etas == ETAS[:step]
        assert run.eta == (ETAS[step - 1] if step else 0.0)
        assert same(follow(run), result)


def test_rewinding_within_a_schedule_keeps_the_schedule(make_run, energy):
    schedule = Schedule(2.0, shape="linear")
    run = make_run(physical=energy, eta=schedule, keep_every=4)
    result = finish(run)
    run.rewind(5)
    assert run.eta == schedule
    assert same(finish(run), result)


def test_branch_with_another_eta(make_run, energy):
    run = make_run(physical=energy)
    finish(run)
    branch = run.branch(4, eta=2.0)
    assert not same(finish(branch), run.state.rigid)
    assert branch.etas == [0.0] * 4 + [2.0] * 5
    assert run.etas == [0.0] * 9


def test_split_batches_give_the_same_result(make_run, energy):
    whole = make_run(samples=7, physical=energy, eta=1.0)
    split = make_run(samples=7, physical=energy, eta=1.0)
    split._chunk = 3
    for together, apart in zip(whole, split, strict=True):
        torch.testing.assert_close(apart.rigid.trans, together.rigid.trans, atol=1e-2, rtol=1e-4)
    assert split.state.evaluation.energy.shape == (7,)
    assert split.state.evaluation.physical.trans.shape == (7, 10, 3)


def test_batches_leave_memory_for_the_backward_pass(make_run, energy, monkeypatch):
    room = 40 * energy.model.evaluation_bytes(10)
    monkeypatch.setattr("confdiff_widgets.sampling.run.available_bytes", lambda _: 2 * room)
    assert make_run(samples=50)._chunk == 40
    assert make_run(samples=50, physical=energy)._chunk == int(40 / energy.memory)


# --- refusals ---------------------------------------------------------------------------------


def test_eta_without_physical_guidance_is_refused(make_run):
    with pytest.raises(SettingsError, match="η = 1 needs physical guidance"):
        make_run(eta=1.0)
    run = make_run()
    with pytest.raises(SettingsError, match="needs physical guidance"):
        run.eta = 0.5
    with pytest.raises(SettingsError, match="needs physical guidance"):
        run.branch(0, eta=0.5)
    assert run.eta == 0


def test_physical_guidance_must_match_the_settings(make_run, energy):
    with pytest.raises(SettingsError, match=r"request force guidance.* no physical guidance"):
        make_run(guidance="force")
    with pytest.raises(SettingsError, match=r"request force guidance.* given energy"):
        make_run(guidance="force", physical=energy)
    assert make_run(guidance="energy", physical=energy).config.guidance == "energy"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_invalid_eta_changes_nothing(make_run, energy, value):
    run = make_run(physical=energy, eta=0.5)
    with pytest.raises(SettingsError, match="finite"):
        run.eta = value
    assert run.eta == 0.5


# --- divergence -------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", SOLVER_SETTINGS, ids=lambda s: s["solver"])
def test_error_of_a_diverged_run_and_its_last_valid_state(make_run, energy, settings):
    run = make_run(physical=energy, guidance="energy", eta=1.0, **(settings | {"steps": 8}))
    for _ in range(3):
        run.step()
    run.eta = 1e30
    with pytest.raises(DivergenceError, match=r"of 8 .* γ = 1 and η = 1e\+30.*Lower η"):
        finish(run)
    good = run.state
    assert is_bounded(good) and good.step >= 3
    assert len(run.gammas) == len(run.seeds) == good.step
    other = run.branch(3, eta=0.0)
    run.eta = 0.0
    assert is_bounded(run.step()), "it goes on"
    finish(other)
    assert is_bounded(other.state)


def test_divergence_is_found_by_a_later_check(make_run, energy, monkeypatch):
    """On a GPU, a check after each step would wait for the device."""
    run = make_run(physical=energy, guidance="energy", eta=1.0, steps=8)
    for _ in range(3):
        run.step()
    run.eta = 1e30
    with monkeypatch.context() as blind:
        blind.setattr("confdiff_widgets.sampling.run.is_bounded", lambda _: True)
        for _ in range(3):
            run.step()
    with pytest.raises(
        DivergenceError, match=r"Step 4 of 8 diverged .* Step 3, the last valid one"
    ):
        run.check()
    assert run.state.step == 3 and run.gammas == [1.0] * 3
    run.check()


def test_diverged_run_with_few_kept_states_can_be_rewound(make_run, energy):
    run = make_run(physical=energy, guidance="energy", eta=1.0, steps=8, keep_every=3)
    for _ in range(5):
        run.step()
    shown = run.state.rigid
    run.eta = 1e30
    with pytest.raises(DivergenceError, match="Step 5, the last valid one"):
        run.step()
    assert same(run.state.rigid, shown)
    run.rewind(4)
    run.step()
    assert same(run.state.rigid, shown)
