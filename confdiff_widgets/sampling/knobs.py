"""What a person may move between the steps of a run."""

from __future__ import annotations

from typing import NamedTuple

from ..guidance.schedule import Knob, knob_at


class Knobs(NamedTuple):
    """Strengths of the guidance, numbers or schedules."""

    gamma: Knob
    eta: Knob

    def at(self, t: float) -> tuple[float, float]:
        """γ and η at t."""
        return knob_at(self.gamma, t), knob_at(self.eta, t)
