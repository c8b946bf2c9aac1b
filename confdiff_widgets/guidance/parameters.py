"""What a person may move between the steps of a run."""

from __future__ import annotations

from typing import NamedTuple

from .schedule import Strength, strength_at


class GuidanceParameters(NamedTuple):
    """Strengths of the guidance, numbers or schedules."""

    gamma: Strength
    eta: Strength

    def at(self, t: float) -> tuple[float, float]:
        """γ and η at t."""
        return strength_at(self.gamma, t), strength_at(self.eta, t)
