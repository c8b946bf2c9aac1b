"""The guided score: classifier-free guidance minus η ∇E_t, and its predicted structure."""

from __future__ import annotations

import math

import pytest
import torch

from confdiff_widgets.diffusion.solvers.base import predict_data
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import (
    ClassifierFreeGuidance,
    EnergyGradient,
    ForceGuidance,
    GuidedScore,
    Schedule,
)
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.proteins.system import load_system

T = 0.3


class Fixed:
    """Physical guidance with a constant gradient."""

    name = "fixed"
    memory = 0.0

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        trans, rot = torch.randn(2, 3, 10, 3, generator=generator)
        self.gradient = EnergyGradient(trans - trans.mean(1, keepdim=True), rot, torch.ones(3))
        self.calls = 0

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        self.calls += 1
        return self.gradient


@pytest.fixture
def guided(tiny_cfg) -> GuidedScore:
    return GuidedScore(tiny_cfg, Fixed())


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_eta_subtracts_the_gradient(guided, noisy, gamma):
    plain, term = guided(noisy, T, gamma), guided.physical.gradient
    found = guided(noisy, T, gamma, 2.0)
    for part in ("trans", "rot"):
        expected = getattr(plain.score, part) - 2 * getattr(term, part)
        torch.testing.assert_close(getattr(found.score, part), expected)
        torch.testing.assert_close(getattr(found.physical, part), -2 * getattr(term, part))
    assert torch.equal(found.energy, term.energy)
    assert torch.equal(found.side_chains, plain.side_chains)
    assert torch.equal(found.conditional_frames.trans, plain.conditional_frames.trans)


def test_physical_guidance_is_not_evaluated_at_eta_0(guided, noisy):
    found, mixed = guided(noisy, T, 0.5, 0.0), guided.cfg(noisy, T, 0.5)
    assert guided.physical.calls == 0
    assert found.physical is found.energy is None
    assert torch.equal(found.score.trans, mixed.score.trans)
    assert torch.equal(found.frames.trans, mixed.frames.trans)
    assert torch.equal(found.frames.quat, mixed.frames.quat)
    assert guided.networks(0.5, 0.0) == 2
    assert guided.networks(0.5, 1.0) == 3


def test_predicted_positions_are_consistent_with_the_guided_score(guided, noisy):
    """By Tweedie's formula, as the solvers predict the data from the score."""
    found = guided(noisy, T, 0.7, 1.5)
    aim = predict_data(guided.process, noisy, found.score, T)
    torch.testing.assert_close(
        found.frames.trans, aim.trans / guided.process.r3.scale, atol=1e-2, rtol=1e-4
    )


def test_predicted_orientations_are_consistent_with_the_solvers(guided, noisy):
    so3 = guided.process.so3
    way = [so3.log_map(noisy.quat, guided(noisy, T, 1.0, eta).frames.quat) for eta in (0, 1e-3)]
    aim = [
        predict_data(guided.process, noisy, guided(noisy, T, 1.0, eta).score, T).tangent
        for eta in (0, 1e-3)
    ]
    expected = -1e-3 * so3.table_sigma(T) ** 2 * guided.physical.gradient.rot
    inside = (way[0].norm(dim=-1) < 3.1) & (aim[0].norm(dim=-1) < 3.1)
    assert inside.sum() > 20
    torch.testing.assert_close((way[1] - way[0])[inside], expected[inside], atol=2e-5, rtol=0)
    torch.testing.assert_close((aim[1] - aim[0])[inside], expected[inside], atol=2e-5, rtol=0)


def test_gradient_of_positions_leaves_orientations_unguided(guided, noisy):
    guided.physical.gradient = guided.physical.gradient._replace(rot=None, energy=None)
    plain, found = guided(noisy, T, 1.0), guided(noisy, T, 1.0, 1.0)
    assert torch.equal(found.score.rot, plain.score.rot)
    assert found.physical.rot.abs().max() == 0
    assert found.energy is None


def test_eta_requires_physical_guidance(tiny_cfg):
    alone = GuidedScore(tiny_cfg)
    assert alone.check_eta(0) == 0
    assert alone.check_eta(Schedule(0.0)) == Schedule(0.0)
    for eta in (1.0, -0.5, Schedule(2.0, 0.5), Schedule(0.0, 0.5, rest=1.0)):
        with pytest.raises(SettingsError, match=r"η = .* needs physical guidance.*--guidance"):
            alone.check_eta(eta)


@pytest.mark.parametrize("eta", [math.nan, math.inf, -math.inf])
def test_eta_must_be_finite(guided, eta):
    with pytest.raises(SettingsError, match=r"η is .*finite"):
        guided.check_eta(eta)


def test_both_ends_of_a_gamma_schedule_require_their_networks(tiny_cfg):
    alone = GuidedScore(ClassifierFreeGuidance(tiny_cfg.conditional, None))
    assert alone.check_gamma(Schedule(1.0, 0.5, rest=1.0)).rest == 1.0
    with pytest.raises(SettingsError, match="needs an unconditional network"):
        alone.check_gamma(Schedule(1.0, 0.5, rest=0.8))


class Counting:
    """A score model that counts its evaluations."""

    def __init__(self, model):
        self.inner, self.calls = model, 0

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def __call__(self, rigid, t):
        self.calls += 1
        return self.inner(rigid, t)


@pytest.fixture
def published(tiny_network, write_lightning, tmp_path):
    """Return a function that loads a published checkpoint with a head as a guided score."""

    def load(head: str) -> GuidedScore:
        path = write_lightning(
            tmp_path / f"{head}.ckpt",
            tiny_network(conditional=True, seed=1, head=head),
            tiny_network(conditional=False, seed=2),
        )
        system = load_system("YYDPETGTWY", model=path, representation="one-hot")
        return GuidedScore(system.load_networks(), system.load_physical(head))

    return load


@pytest.mark.parametrize("head", ["force", "energy"])
@pytest.mark.parametrize(("gamma", "evaluations"), [(0.0, 2), (0.6, 2), (1.0, 1)])
def test_one_evaluation_gives_prediction_and_head(published, noisy, head, gamma, evaluations):
    guided = published(head)
    separate = GuidedScore(guided.cfg, guided.physical)
    separate._shared = None
    found, expected = guided(noisy, T, gamma, 1.5), separate(noisy, T, gamma, 1.5)
    for part in ("trans", "rot"):
        torch.testing.assert_close(
            getattr(found.score, part), getattr(expected.score, part), atol=1e-4, rtol=1e-4
        )
    torch.testing.assert_close(found.frames.trans, expected.frames.trans, atol=1e-4, rtol=1e-4)
    assert guided.shares_network and guided.networks(gamma, 1.5) == evaluations
    assert separate.networks(gamma, 1.5) == (3 if 0 < gamma < 1 else 2)
    models = Counting(guided.cfg.conditional), Counting(guided.cfg.unconditional)
    guided.cfg.conditional, guided.cfg.unconditional = models
    head_model = guided.physical.model = Counting(guided.physical.model)
    guided(noisy, T, gamma, 1.5)
    assert sum(model.calls for model in (*models, head_model)) == evaluations


def test_heads_of_their_own_are_evaluated_separately(tiny_cfg, tiny_network, noisy):
    head = ConfDiffModel(
        tiny_network(conditional=True, seed=1, head="gradient"), tiny_cfg.conditional.features
    )
    guided = GuidedScore(tiny_cfg, ForceGuidance(head))  # equal weights, but not the same network
    assert not guided.shares_network and guided.networks(1.0, 1.0) == 2


def test_a_head_of_another_forward_process_is_refused(tiny_cfg, tiny_network):
    head = ConfDiffModel(tiny_network(conditional=True, seed=3, head="gradient", sigma_min=0.02))
    with pytest.raises(SettingsError, match=r"σ_min = 0.02, and the network with 0.1\. Use a head"):
        GuidedScore(tiny_cfg, ForceGuidance(head))
