"""Heun's method for the probability-flow ODE."""

from __future__ import annotations

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
class Heun:
    """Heun's method for the probability-flow ODE: averages the predictions at both ends."""

    default_steps = 20
    default_stochasticity = 0.0
    tunable_noise = False
    evaluations = 2
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
        here = predict_data(process, rigid, score, t)
        end = integrate(process, rigid, here, t, s, 0.0, None)
        there = predict_data(process, end, evaluate(end, s), s)
        so3 = process.so3
        tangent = so3.log_map(rigid.quat, so3.exp_map(end.quat, there.tangent))
        mean = TangentPrediction(0.5 * (here.trans + there.trans), 0.5 * (here.tangent + tangent))
        return Step(integrate(process, rigid, mean, t, s, 0.0, None), None)
