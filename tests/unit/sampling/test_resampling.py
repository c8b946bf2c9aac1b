"""Weights of conformers: a weighted batch samples the product distribution of γ and η."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from confdiff_widgets import proteins
from confdiff_widgets.diffusion.r3 import R3Process
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.atom14 import planar_side_chains
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import ClassifierFreeGuidance, EnergyGradient, Schedule
from confdiff_widgets.guidance.temperature import TemperatureGuidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.score_model import Prediction
from confdiff_widgets.sampling import Run, SamplerConfig
from confdiff_widgets.sampling.resampling import effective_sample_size, systematic_resample

R3 = R3Process()
FOLDS = torch.tensor([[[-6.0, 0, 0], [6.0, 0, 0]], [[6.0, 0, 0], [-6.0, 0, 0]]])
SPREAD = 2.0


class TwoStates(nn.Module):
    """Exact network of two residues that scatter by 2 Å around two folds of given masses."""

    def __init__(self, masses: tuple[float, float]):
        super().__init__()
        self.config = NetworkConfig(c_s=8, c_z=8)
        self.log_mass = nn.Parameter(torch.tensor(masses).log(), requires_grad=False)

    def sequence_terms(self, *_: object) -> None:
        """A structure, not a sequence, determines the prediction."""

    def forward(self, rigid: Rigid, t: torch.Tensor, **_: object) -> Prediction:
        alpha = R3.alpha(t)[:, None, None, None]
        noise = R3.variance(t)[:, None, None, None] / R3.scale**2
        away = rigid.trans[:, None] - alpha * FOLDS  # (B, 2, L, 3)
        variance = alpha**2 * SPREAD**2 + noise
        share = torch.softmax(self.log_mass - (away**2 / (2 * variance)).sum((-1, -2)), -1)
        means = FOLDS + alpha * SPREAD**2 / variance * away
        quat = torch.zeros_like(rigid.quat)
        quat[..., 0] = 1
        return Prediction(
            Rigid(quat, (share[..., None, None] * means).sum(1)), planar_side_chains(*rigid.shape)
        )


class Preference:
    """Exact ∇E_t of an energy that depends only on the fold."""

    name, memory, model = "preference", 0.0, None

    def __init__(self, network: TwoStates, energies: tuple[float, float]):
        masses = torch.softmax(network.log_mass - torch.tensor(energies), dim=0)
        self.plain, self.tilted = network, TwoStates(tuple(masses.tolist()))

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        time = torch.full((rigid.shape[0],), t)
        plain, tilted = (net(rigid, time).frames.trans for net in (self.plain, self.tilted))
        return EnergyGradient(R3.alpha(t) / R3.variance(t) * R3.scale * (plain - tilted))


def two_states(
    conditional: tuple[float, float], unconditional: tuple[float, float]
) -> ClassifierFreeGuidance:
    models = (ConfDiffModel(TwoStates(masses)) for masses in (conditional, unconditional))
    return ClassifierFreeGuidance(*models)


def share_of_first(case: tuple, solver: str, resample: float | None, steps: int = 80) -> float:
    conditional, unconditional, energies, gamma, eta = case
    cfg = two_states(conditional, unconditional)
    config = SamplerConfig(
        samples=4000, solver=solver, steps=steps, gamma=gamma, eta=eta, seed=1, resample=resample
    )
    run = Run(cfg, "AA", config, physical=Preference(cfg.conditional.network, energies))
    for _ in run:
        pass
    return (run.state.rigid.trans[:, 0, 0] < 0).float().mean().item()


def stated_share(case: tuple) -> float:
    """Return the mass of the first fold in q_c^γ q_u^{1-γ} e^{-ηE}; the folds are far apart."""
    conditional, unconditional, energies, gamma, eta = case
    log_odds = [math.log(masses[0] / masses[1]) for masses in (conditional, unconditional)]
    total = gamma * log_odds[0] + (1 - gamma) * log_odds[1] + eta * (energies[1] - energies[0])
    return 1 / (1 + math.exp(-total))


# masses of the conditional and the unconditional network, energies of the folds, γ, η
BETWEEN = ((0.97, 0.03), (0.5, 0.5), (0.0, 0.0), 0.5, 0.0)
BEYOND = ((0.5, 0.5), (0.2, 0.8), (0.0, 0.0), 3.0, 0.0)
HALF_GUIDED = ((0.5, 0.5), (0.2, 0.8), (0.0, 4.0), 1.0, 0.5)
DOUBLED = ((0.9, 0.1), (0.5, 0.5), (1.5, 0.0), 1.0, 2.0)
BOTH = ((0.8, 0.2), (0.5, 0.5), (0.0, -4.0), 2.0, 0.4)


@pytest.mark.parametrize("case", [BETWEEN, BEYOND, HALF_GUIDED, BOTH])
def test_weights_remove_the_bias(case):
    expected = stated_share(case)
    assert abs(share_of_first(case, "ddim", None) - expected) > 0.03
    assert share_of_first(case, "ddim", 0.5) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("case", "error"), [(BETWEEN, 0.005), (HALF_GUIDED, 0.01), (BOTH, 0.015), (DOUBLED, 0.045)]
)
def test_weights_at_the_default_number_of_steps(case, error):
    """With predictions from the first end of each step: 0.006, 0.018, 0.030 and 0.069."""
    expected, steps = stated_share(case), SamplerConfig().steps
    assert share_of_first(case, "dpm", 0.5, steps) == pytest.approx(expected, abs=error)


def test_schedules_and_changes_are_refused(make_run):
    schedule = Schedule(0.5, start=0.8)
    with pytest.raises(SettingsError, match=r"γ is a schedule, and weights \(resample\) need"):
        SamplerConfig(gamma=schedule, resample=0.5)
    with pytest.raises(SettingsError, match="η is a schedule"):
        SamplerConfig(eta=schedule, guidance="force", resample=0.5)
    run = make_run(gamma=0.5, resample=0.5)
    with pytest.raises(SettingsError, match="γ is a schedule"):
        run.gamma = schedule
    run.gamma = 0.8
    run.step()
    run.gamma = 0.8
    with pytest.raises(SettingsError, match="γ cannot change after step 1 of a run with weights"):
        run.gamma = 0.6
    with pytest.raises(SettingsError, match="γ cannot change after step 1"):
        run.branch(1, gamma=0.6)
    assert run.gamma == 0.8


@pytest.mark.parametrize(("solver", "steps"), [("dpm", 80), ("em", 300)])
def test_weights_with_every_solver_of_full_noise(solver, steps):
    expected = stated_share(BEYOND)
    assert share_of_first(BEYOND, solver, 0.5, steps) == pytest.approx(expected, abs=0.02)


def test_weights_of_a_single_diffusion_are_equal(make_run, tiny_cfg):
    """At γ = 0 and 1 the weights stay equal, so resampling changes nothing."""
    for gamma in (0.0, 1.0):
        plain, weighted = make_run(gamma=gamma), make_run(gamma=gamma, resample=0.9)
        for expected, state in zip(plain, weighted, strict=True):
            assert torch.equal(state.rigid.trans, expected.rigid.trans)
            assert state.ess.item() == pytest.approx(4)
            assert state.log_weights.abs().max() == 0


def test_weights_of_the_tilted_diffusion_are_equal():
    """γ = 1 and η = 1 follow the diffusion of q_c e^{-E}."""
    cfg = two_states((0.5, 0.5), (0.2, 0.8))
    config = SamplerConfig(samples=50, solver="ddim", steps=10, eta=1.0, resample=0.5)
    for state in Run(cfg, "AA", config, physical=Preference(cfg.conditional.network, (0.0, 3.0))):
        assert state.log_weights.abs().max() == 0


def test_resampling_selects_all_results_of_a_conformer(make_run):
    run = make_run(gamma=0.5, solver="dpm", resample=1.0, samples=6)
    for _ in range(3):
        before = run.state
        state = run.step()
        assert 1 <= state.ess <= 6
        again = run.guided(before.rigid, before.t, 0.5)
        source = torch.cdist(
            state.evaluation.score.trans.flatten(1), again.score.trans.flatten(1)
        ).argmin(1)
        for found, kept in zip(state.evaluation, again, strict=True):
            if isinstance(found, torch.Tensor):
                assert torch.equal(found, kept[source])
            elif found is not None:
                assert torch.equal(found.trans, kept.trans[source])
        torch.testing.assert_close(
            state.solver_state.trans * 10, state.evaluation.frames.trans, atol=1e-2, rtol=1e-3
        )
        assert state.log_weights.abs().max() == 0


def test_rewinding_repeats_the_resampling(make_run):
    run = make_run(gamma=0.5, resample=0.9, samples=6, keep_every=4)
    for _ in run:
        pass
    result = run.state.rigid.trans
    run.rewind(5)
    for _ in run:
        pass
    assert torch.equal(run.state.rigid.trans, result)
    assert run.state.log_weights.abs().max() == 0


def test_systematic_resampling():
    generator = torch.Generator().manual_seed(0)
    log_weights = torch.randn(40, generator=generator)
    wanted = 40 * torch.softmax(log_weights, 0)
    for _ in range(20):
        index = systematic_resample(log_weights, torch.rand((), generator=generator))
        taken = torch.bincount(index, minlength=40)
        assert taken.sum() == 40
        assert ((taken - wanted).abs() < 1).all()
    equal = systematic_resample(torch.zeros(7), torch.tensor(0.5))
    assert equal.tolist() == list(range(7))


def test_effective_sample_size():
    assert effective_sample_size(torch.full((8,), -1e4)).item() == pytest.approx(8)
    assert effective_sample_size(torch.tensor([0.0, -1e4, -1e4])).item() == pytest.approx(1)
    weights = torch.tensor([1.0, 2.0, 3.0])
    assert effective_sample_size(weights.log()).item() == pytest.approx(36 / 14)


@pytest.mark.parametrize("settings", [{"solver": "heun"}, {"stochasticity": 0.5}])
def test_weights_require_full_noise(settings):
    with pytest.raises(SettingsError, match="Use em, or ddim or dpm"):
        SamplerConfig(resample=0.5, **settings)


@pytest.mark.parametrize("fraction", [0.0, -1.0, 1.5, math.nan])
def test_invalid_fractions_are_refused(fraction):
    with pytest.raises(SettingsError, match="resample is"):
        SamplerConfig(resample=fraction)


def test_temperature_guidance_at_gamma_1_has_nothing_to_correct():
    protein = proteins.get("chignolin")
    cfg = protein.load_networks(thermal=True)
    found = []
    for resample in (None, 0.9):
        config = SamplerConfig(samples=3, steps=4, seed=1, temperature=320, resample=resample)
        run = Run(cfg, protein.sequence, config, physical=TemperatureGuidance(cfg.conditional))
        for state in run:
            if resample is not None:
                assert state.ess == pytest.approx(3)
        found.append(run.state.rigid.trans)
    torch.testing.assert_close(*found)
    with pytest.raises(SettingsError, match=r"temperature guidance at γ = 0.8. Set γ to 1"):
        SamplerConfig(temperature=320, gamma=0.8, resample=0.9)
