"""The protocol of a solver of the reverse process, and what solvers share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

from torch import Tensor

from ...geometry.rigid import Rigid
from ..se3 import Score, SE3Process

T_MIN = 0.01
"""Smallest time at which a run evaluates its score models, as published."""


class DataPrediction(NamedTuple):
    """The predicted structure x̂_0 that a score implies (Tweedie's formula)."""

    trans: Tensor  # (B, L, 3) scaled units
    quat: Tensor  # (B, L, 4)
    t: float  # time at which the score was evaluated


class Step(NamedTuple):
    """Result of one solver step."""

    rigid: Rigid  # x_s
    solver_state: DataPrediction | None  # passed to the next step


class Solver(Protocol):
    """A numerical integrator of the reverse process, from x_t to x_s with s < t.

    Attributes
    ----------
    default_steps : int
        Number of steps if the user gives none.
    default_stochasticity : float
        Fraction of the reverse SDE's noise if the user gives none.
    tunable_noise : bool
        Whether the fraction of the reverse SDE's noise is a setting.
    evaluations : int
        Evaluations of the score per step.
    final_conditional : bool
        Whether the result is the conditional network's prediction, as published, instead of the
        prediction under classifier-free guidance.
    """

    default_steps: int
    default_stochasticity: float
    tunable_noise: bool
    evaluations: int
    final_conditional: bool

    def times(self, steps: int, t_start: float, t_min: float = T_MIN) -> list[float]:
        """Return the times at which the score is evaluated, decreasing from t_start to t_min."""
        ...

    def init(self) -> DataPrediction | None:
        """Return the solver state before the first step."""
        ...

    def step(
        self,
        process: SE3Process,
        rigid: Rigid,
        score: Score,
        t: float,
        s: float,
        *,
        noise: Callable[[], Score],
        evaluate: Callable[[Rigid, float], Score],
        solver_state: DataPrediction | None,
    ) -> Step:
        """Integrate from x_t to x_s.

        Parameters
        ----------
        process : SE3Process
        rigid : Rigid, shape (B, L)
            x_t, Å.
        score : Score
            At x_t.
        t, s : float
            Times, s < t.
        noise : callable
            Draws standard normal numbers of the shape of a score.
        evaluate : callable
            Evaluates the score elsewhere.
        solver_state : DataPrediction or None
            What the previous step returned.
        """
        ...


class TangentPrediction(NamedTuple):
    """A predicted structure as seen from x_t."""

    trans: Tensor  # (B, L, 3) x̂_0, scaled units
    tangent: Tensor  # (B, L, 3) rotation vector from R_t to R̂_0, radian


def quadratic_times(steps: int, t_start: float, t_min: float) -> list[float]:
    """Return ``steps`` times from t_start to t_min, evenly spaced in √t: most are at low noise."""
    if steps == 1 or t_start <= t_min:
        return [t_start]
    high, low = math.sqrt(t_start), math.sqrt(t_min)
    return [(high + (low - high) * k / (steps - 1)) ** 2 for k in range(steps)]


def predict_data(process: SE3Process, rigid: Rigid, score: Score, t: float) -> TangentPrediction:
    """Return the predicted structure that a score at x_t implies."""
    trans = process.r3.data_prediction(rigid.trans * process.r3.scale, score.trans, t)
    return TangentPrediction(trans, process.so3.table_sigma(t) ** 2 * score.rot)


def integrate(
    process: SE3Process,
    rigid: Rigid,
    prediction: TangentPrediction,
    t: float,
    s: float,
    stochasticity: float,
    noise: Score | None,
) -> Rigid:
    """Return x_s for a fixed predicted structure; fresh noise replaces a part of the noise."""
    r3, so3 = process.r3, process.so3
    kept, fresh = _split_noise(
        r3.sigma(s), math.exp(r3.half_log_snr(t) - r3.half_log_snr(s)), stochasticity
    )
    old = (rigid.trans * r3.scale - r3.alpha(t) * prediction.trans) / r3.sigma(t)
    trans = r3.alpha(s) * prediction.trans + kept * old
    kept_rot, fresh_rot = _split_noise(so3.sigma(s), so3.sigma(s) / so3.sigma(t), stochasticity)
    quat = so3.exp_map(rigid.quat, (1 - kept_rot / so3.sigma(t)) * prediction.tangent)
    if noise is not None:
        trans = trans + fresh * noise.trans
        quat = so3.exp_map(quat, fresh_rot * noise.rot)
    return Rigid(quat, trans / r3.scale).center()


def _split_noise(sigma: float, ratio: float, stochasticity: float) -> tuple[float, float]:
    """Return the kept and fresh parts of the noise level σ(s).

    ``ratio`` is (σ/α)(s) / (σ/α)(t).
    """
    fresh = stochasticity * sigma * math.sqrt(max(0.0, 1 - ratio**2))
    return math.sqrt(sigma**2 - fresh**2), fresh
