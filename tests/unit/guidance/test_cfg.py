"""Classifier-free guidance: linear in γ, and no more networks than γ requires."""

from __future__ import annotations

import math

import pytest
import torch

from confdiff_widgets.diffusion.se3 import Score
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import (
    quat_conjugate,
    quat_multiply,
    quat_to_matrix,
    quat_to_rotvec,
    random_quat,
)
from confdiff_widgets.guidance.cfg import ClassifierFreeGuidance
from confdiff_widgets.representations import OneHot

T = 0.4


@pytest.fixture
def calls(tiny_cfg: ClassifierFreeGuidance) -> dict[str, int]:
    """Count the evaluations of each network of ``tiny_cfg``."""
    counts = {"conditional": 0, "unconditional": 0}

    def count(name: str) -> None:
        counts[name] += 1

    for name in counts:
        getattr(tiny_cfg, name).network.register_forward_hook(lambda *_, name=name: count(name))
    return counts


def own_score(cfg: ClassifierFreeGuidance, name: str, noisy: Rigid) -> Score:
    """Return the score of one model."""
    prediction = getattr(cfg, name)(noisy, T)
    return cfg.process.score(noisy, prediction.frames, T)


@pytest.mark.parametrize("gamma", [-0.5, 0.25, 0.8, 2.0])
def test_score_is_linear_in_gamma(tiny_cfg, noisy, gamma):
    conditional = own_score(tiny_cfg, "conditional", noisy)
    unconditional = own_score(tiny_cfg, "unconditional", noisy)
    mixed = tiny_cfg(noisy, T, gamma)
    assert (conditional.trans - unconditional.trans).abs().max() > 0.1
    assert (conditional.rot - unconditional.rot).abs().max() > 0.1
    for part in ("trans", "rot"):
        c, u = getattr(conditional, part), getattr(unconditional, part)
        expected = gamma * c + (1 - gamma) * u
        torch.testing.assert_close(getattr(mixed.score, part), expected, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(getattr(mixed.conditional, part), c)
        torch.testing.assert_close(getattr(mixed.unconditional, part), u)


@pytest.mark.parametrize(
    ("gamma", "runs", "rests"),
    [(1.0, "conditional", "unconditional"), (0.0, "unconditional", "conditional")],
)
def test_one_network_runs_at_gamma_0_and_1(tiny_cfg, noisy, calls, gamma, runs, rests):
    evaluation = tiny_cfg(noisy, T, gamma)
    assert calls == {runs: 1, rests: 0}
    assert getattr(evaluation, rests) is None
    expected = own_score(tiny_cfg, runs, noisy)
    assert torch.equal(evaluation.score.trans, expected.trans)
    assert torch.equal(evaluation.score.rot, expected.rot)
    assert torch.equal(evaluation.frames.trans, evaluation.conditional_frames.trans)
    assert tiny_cfg.networks(gamma) == 1


@pytest.mark.parametrize("gamma", [-1.0, 0.5, 1.5])
def test_both_networks_run_at_other_gammas(tiny_cfg, noisy, calls, gamma):
    tiny_cfg(noisy, T, gamma)
    assert calls == {"conditional": 1, "unconditional": 1}
    assert tiny_cfg.networks(gamma) == 2


def test_score_is_continuous_at_gamma_0_and_1(tiny_cfg, noisy):
    for end in (0.0, 1.0):
        at, near = tiny_cfg(noisy, T, end), tiny_cfg(noisy, T, end + 1e-5)
        torch.testing.assert_close(near.score.trans, at.score.trans, atol=1e-3, rtol=1e-3)
        torch.testing.assert_close(near.score.rot, at.score.rot, atol=1e-3, rtol=1e-3)
        torch.testing.assert_close(near.frames.trans, at.frames.trans, atol=1e-2, rtol=1e-3)
        turn = quat_multiply(quat_conjugate(at.frames.quat), near.frames.quat)
        assert quat_to_rotvec(turn).norm(dim=-1).max() < 5e-3


def test_predicted_structure_is_consistent_with_the_score(tiny_cfg, noisy):
    """In R³, x̂_0 is what the guided score implies by Tweedie's formula."""
    evaluation = tiny_cfg(noisy, T, 0.7)
    r3 = tiny_cfg.process.r3
    pointed = r3.data_prediction(noisy.trans * r3.scale, evaluation.score.trans, T) / r3.scale
    torch.testing.assert_close(evaluation.frames.trans, pointed, atol=1e-2, rtol=1e-4)


def test_predicted_orientation_is_linear_in_the_tangent_space(tiny_cfg, noisy):
    so3 = tiny_cfg.process.so3
    ends = [so3.log_map(noisy.quat, tiny_cfg(noisy, T, g).frames.quat) for g in (0.0, 1.0)]
    between = so3.log_map(noisy.quat, tiny_cfg(noisy, T, 0.3).frames.quat)
    torch.testing.assert_close(between, 0.7 * ends[0] + 0.3 * ends[1], atol=1e-4, rtol=1e-4)


def test_side_chains_come_from_the_conditional_network(tiny_cfg, noisy):
    alone = tiny_cfg(noisy, T, 1.0)
    mixed = tiny_cfg(noisy, T, 0.3)
    assert torch.equal(mixed.side_chains, alone.side_chains)
    assert torch.equal(mixed.conditional_frames.trans, alone.frames.trans)
    assert torch.equal(mixed.conditional_frames.quat, alone.frames.quat)
    assert not torch.equal(mixed.frames.trans, alone.frames.trans)


def test_only_the_conditional_network_depends_on_the_sequence(tiny_cfg, noisy):
    other = ClassifierFreeGuidance(
        tiny_cfg.conditional.with_features(OneHot()("GGGGGGGGGG")), tiny_cfg.unconditional
    )
    first, second = tiny_cfg(noisy, T, 0.5), other(noisy, T, 0.5)
    assert torch.equal(first.unconditional.trans, second.unconditional.trans)
    assert (first.conditional.trans - second.conditional.trans).abs().max() > 1e-2


def test_score_is_equivariant(tiny_cfg, noisy):
    turn = random_quat((), generator=torch.Generator().manual_seed(4))
    turned = Rigid(turn, torch.zeros(3)).compose(noisy)
    plain, other = tiny_cfg(noisy, T, 0.5), tiny_cfg(turned, T, 0.5)
    expected = plain.score.trans @ quat_to_matrix(turn).T
    torch.testing.assert_close(other.score.trans, expected, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(other.score.rot, plain.score.rot, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("gamma", [math.nan, math.inf, -math.inf])
def test_gamma_must_be_finite(tiny_cfg, gamma):
    with pytest.raises(SettingsError, match="finite"):
        tiny_cfg.check_gamma(gamma)


def test_gamma_requires_its_networks(tiny_cfg):
    conditional = ClassifierFreeGuidance(tiny_cfg.conditional, None)
    unconditional = ClassifierFreeGuidance(None, tiny_cfg.unconditional)
    assert conditional.check_gamma(1) == 1.0
    assert unconditional.check_gamma(0) == 0.0
    for gamma in (0, 0.5, 1.5):
        with pytest.raises(SettingsError, match="needs an unconditional network"):
            conditional.check_gamma(gamma)
    for gamma in (1, 0.5, -0.5):
        with pytest.raises(SettingsError, match="needs a conditional network"):
            unconditional.check_gamma(gamma)


def test_guidance_without_models_is_refused():
    with pytest.raises(ValueError, match="at least one network"):
        ClassifierFreeGuidance(None, None)
