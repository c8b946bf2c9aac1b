"""Gains of the weights: identities of the sum over diffusions, and where they vanish."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.diffusion.se3 import Score, SE3Process
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance.cfg import ScoreEvaluation
from confdiff_widgets.guidance.feynman_kac import log_weight_gain

PROCESS = SE3Process()
TIMES = (0.5, 0.4, 0.3)
FRAMES = Rigid(torch.tensor([1.0, 0, 0, 0]).expand(2, 4, 4), torch.zeros(2, 4, 3))


def score(seed):
    generator = torch.Generator().manual_seed(seed)
    shape = (2, 4, 3)
    return Score(*(torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2)))


def evaluation(gamma, eta):
    """s = γ s_c + (1 - γ) s_u - η ∇E_t of fixed random scores."""
    conditional, unconditional, gradient = score(1), score(2), score(3)
    physical = Score(*(-eta * part for part in gradient)) if eta else None
    parts = []
    for c, u, g in zip(conditional, unconditional, gradient, strict=True):
        parts.append(gamma * c + (1 - gamma) * u - eta * g)
    return ScoreEvaluation(
        Score(*parts), conditional, unconditional, FRAMES, FRAMES, torch.zeros(2, 4, 7, 2), physical
    )


@pytest.mark.parametrize(("gamma", "eta"), [(0.7, 0.0), (1.4, 0.5), (0.3, 2.0), (1.0, 0.4)])
def test_the_gain_is_the_spread_of_the_scores_of_the_diffusions(gamma, eta):
    """The diffusions are those of q_c, q_u and q_c e^{-E}, with the scores c, u and c - ∇E."""
    c, u, g = score(1), score(2), score(3)
    shares = {"c": gamma - eta, "u": 1 - gamma, "e": eta}
    gain = torch.zeros(2, dtype=torch.float64)
    before, t, after = TIMES
    r3, so3 = PROCESS.r3, PROCESS.so3
    factors = (
        (1 / r3.variance(after) - 1 / r3.variance(before)) * (r3.variance(t) / r3.alpha(t)) ** 2,
        (1 / so3.sigma(after) ** 2 - 1 / so3.sigma(before) ** 2) * so3.table_sigma(t) ** 4,
    )
    for factor, cond, uncond, gradient in zip(factors, c, u, g, strict=True):
        each = {"c": cond, "u": uncond, "e": cond - gradient}
        total = sum(shares[name] * each[name] for name in each)
        spread = sum(shares[name] * (each[name] - total) ** 2 for name in each)
        gain -= 0.25 * factor * spread.sum((-1, -2))
    found = log_weight_gain(PROCESS, evaluation(gamma, eta), TIMES, gamma, eta)
    torch.testing.assert_close(found, gain, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(("gamma", "eta"), [(1.0, 0.0), (0.0, 0.0), (1.0, 1.0)])
def test_a_single_diffusion_needs_no_weights(gamma, eta):
    found = log_weight_gain(PROCESS, evaluation(gamma, eta), TIMES, gamma, eta)
    torch.testing.assert_close(found, torch.zeros(2, dtype=torch.float64), atol=1e-9, rtol=0)
