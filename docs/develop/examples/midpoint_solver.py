"""The exponential midpoint method for the probability-flow ODE, as an example of a solver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from confdiff_widgets.diffusion.se3 import Score, SE3Process
from confdiff_widgets.diffusion.solvers.base import (
    T_MIN,
    DataPrediction,
    Step,
    TangentPrediction,
    integrate,
    predict_data,
    quadratic_times,
)
from confdiff_widgets.geometry.rigid import Rigid


@dataclass(frozen=True)
class Midpoint:
    """Exponential midpoint method: integrates with the prediction in the middle of the step.

    DPM-Solver-2 in the data prediction; Lu et al. 2022, arXiv 2206.00927, algorithm 1.
    """

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
        r3, so3 = process.r3, process.so3
        middle = r3.time_of_half_log_snr((r3.half_log_snr(t) + r3.half_log_snr(s)) / 2)
        here = predict_data(process, rigid, score, t)
        half = integrate(process, rigid, here, t, middle, 0.0, None)
        there = predict_data(process, half, evaluate(half, middle), middle)
        tangent = so3.log_map(rigid.quat, so3.exp_map(half.quat, there.tangent))
        used = TangentPrediction(there.trans, tangent)
        return Step(integrate(process, rigid, used, t, s, 0.0, None), None)
