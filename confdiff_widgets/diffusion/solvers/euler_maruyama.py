"""The published sampler: uniform Euler–Maruyama steps of the reverse SDE."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ...geometry.rigid import Rigid
from ..se3 import Score, SE3Process
from .base import T_MIN, DataPrediction, Step


@dataclass(frozen=True)
class EulerMaruyama:
    """Uniform Euler steps of the geodesic random walk as published."""

    default_steps = 1000
    default_stochasticity = 0.0
    tunable_noise = False
    evaluations = 1
    final_conditional = True

    def times(self, steps: int, t_start: float, t_min: float = T_MIN) -> list[float]:
        # As published, ``steps`` divides the whole of [0, 1]; 1e-9 absorbs rounding.
        count = math.floor((t_start - t_min) * steps + 1e-9) + 1
        return [t_start - k / steps for k in range(max(count, 1))]

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
        return Step(process.reverse_step(rigid, score, t, t - s, noise()), None)
