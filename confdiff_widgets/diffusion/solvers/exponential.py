"""Exponential integrators of first (DDIM) and second order (DPM-Solver++ 2M)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ...geometry.rigid import Rigid
from ..se3 import Score, SE3Process
from .base import (
    T_MIN,
    DataPrediction,
    Step,
    TangentPrediction,
    integrate,
    predict_data,
    quadratic_times,
)


@dataclass(frozen=True)
class Exponential:
    """Exponential integrator in the noise level, of first or second order, with tunable noise.

    Each step is in closed form for a fixed predicted structure: on positions in scaled R³, and on
    SO(3) along the geodesic to the predicted orientation by the fraction 1 - σ(s)/σ(t). With
    ``stochasticity`` 0 this is the probability-flow ODE (DDIM; second order: DPM-Solver++(2M), Lu
    et al. 2022, arXiv 2211.01095), with 1 the reverse SDE.

    Attributes
    ----------
    order : int
        1, or 2 to extrapolate from the previous step's prediction.
    stochasticity : float
        Fraction in [0, 1] of the reverse SDE's noise.
    """

    order: int = 2
    stochasticity: float = 0.0

    default_steps = 20
    default_stochasticity = 1.0
    tunable_noise = True
    evaluations = 1
    final_conditional = False

    def times(self, steps: int, t_start: float, t_min: float = T_MIN) -> list[float]:
        return quadratic_times(steps, t_start, t_min)

    def init(self) -> None:
        return None

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
        prediction = predict_data(process, rigid, score, t)
        quat = process.so3.exp_map(rigid.quat, prediction.tangent)
        new_state = DataPrediction(prediction.trans, quat, t)
        if self.order == 2 and solver_state is not None:
            prediction = _extrapolate(process, rigid, prediction, solver_state, t, s)
        drawn = noise() if self.stochasticity else None
        x_s = integrate(process, rigid, prediction, t, s, self.stochasticity, drawn)
        return Step(x_s, new_state)


def _extrapolate(
    process: SE3Process,
    rigid: Rigid,
    now: TangentPrediction,
    before: DataPrediction,
    t: float,
    s: float,
) -> TangentPrediction:
    """Extrapolate to the middle of the step.

    Linear in the half log-SNR for positions, and in log σ for orientations.
    """
    snr = process.r3.half_log_snr
    ratio = (snr(s) - snr(t)) / (2 * (snr(t) - snr(before.t)))
    trans = now.trans + ratio * (now.trans - before.trans)
    so3 = process.so3
    log_sigma = [math.log(so3.sigma(time)) for time in (before.t, t, s)]
    ratio = (log_sigma[1] - log_sigma[2]) / (2 * (log_sigma[0] - log_sigma[1]))
    previous = so3.log_map(rigid.quat, before.quat)
    return TangentPrediction(trans, now.tangent + ratio * (now.tangent - previous))
