"""Particle weights that correct the guided score (Feynman–Kac correctors).

A reverse SDE with s = γ s_c + (1 - γ) s_u - η ∇E_t does not sample the product distribution of its
score, q_c^γ q_u^{1-γ} e^{-η E_t} at t = 0, unless it follows a single diffusion (γ = 1 with η = 0
or 1). Weighted particles do (Skreta et al. 2025, arXiv 2503.02819): each particle gains

    d log w = -½ g² Σ_i a_i |s_i - s|² dt,    Σ_i a_i s_i = s,  Σ_i a_i = 1,

where i runs over the diffusions of the product: those of the two networks and that of q_c e^{-E}.
No divergence is needed. The sum is γ (1 - γ) |d|² + η (1 - η) |∇E_t|² - 2 η (1 - γ) d · ∇E_t with
d = s_c - s_u.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..diffusion.se3 import SE3Process
from .cfg import ScoreEvaluation


def log_weight_gain(
    process: SE3Process,
    evaluation: ScoreEvaluation,
    times: tuple[float, float, float],
    gamma: float,
    eta: float,
) -> Tensor:
    """Return what the evaluation at one time contributes to log w.

    Over a step, the squared differences of the predicted structures are averaged over both ends
    (trapezoidal rule), so that each evaluation counts for half of the step before it and half of
    the step after it. With predictions that are constant over a step, as in the exponential
    solvers, the integral has a closed form.

    Parameters
    ----------
    evaluation : ScoreEvaluation
        With these γ and η. With a single network, E_t is assumed to belong to it.
    times : tuple of float
        Time of the evaluation before (at the first one, its own), of this one and of the next one
        (at the last one, its own).

    Returns
    -------
    Tensor, shape (B,)
    """
    r3, so3 = process.r3, process.so3
    before, t, after = times
    factors = {
        "trans": (1 / r3.variance(after) - 1 / r3.variance(before))
        * (r3.variance(t) / r3.alpha(t)) ** 2,
        "rot": (1 / so3.sigma(after) ** 2 - 1 / so3.sigma(before) ** 2) * so3.table_sigma(t) ** 4,
    }
    gains = [
        -0.25 * factor * _spread(evaluation, part, gamma, eta).sum((-1, -2))
        for part, factor in factors.items()
    ]
    return gains[0] + gains[1]


def _spread(evaluation: ScoreEvaluation, part: str, gamma: float, eta: float) -> Tensor:
    """Return Σ_i a_i |s_i - s|² per component, (B, L, 3)."""
    score, conditional, unconditional, physical = (
        None if found is None else getattr(found, part)
        for found in (
            evaluation.score,
            evaluation.conditional,
            evaluation.unconditional,
            evaluation.physical,
        )
    )
    assert score is not None
    spread = torch.zeros_like(score)
    between = None
    if conditional is not None and unconditional is not None:
        between = conditional - unconditional
        spread = gamma * (1 - gamma) * between**2
    if physical is not None:  # -η ∇E_t
        spread = spread + (1 - eta) / eta * physical**2
        if between is not None:
            spread = spread + 2 * (1 - gamma) * between * physical
    return spread
