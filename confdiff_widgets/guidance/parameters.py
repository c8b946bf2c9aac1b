"""The guidance parameters γ and η, which the user may change between the steps of a run."""

from __future__ import annotations

from typing import NamedTuple

from .schedule import Strength, strength_at


class GuidanceParameters(NamedTuple):
    """Classifier-free guidance scale γ and physical guidance strength η: numbers or schedules."""

    gamma: Strength
    eta: Strength

    def at(self, t: float) -> tuple[float, float]:
        """Return the values of γ and η at t."""
        return strength_at(self.gamma, t), strength_at(self.eta, t)
