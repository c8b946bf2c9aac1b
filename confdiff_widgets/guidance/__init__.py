"""How scores are combined: the γ-mix, the physical term, and their schedules."""

from .guided import GuidedScore
from .mix import Evaluation, GammaMix
from .physical import EnergyGradient, EnergyGuidance, ForceGuidance, PhysicalTerm
from .schedule import Knob, Schedule

__all__ = [
    "EnergyGradient",
    "EnergyGuidance",
    "Evaluation",
    "ForceGuidance",
    "GammaMix",
    "GuidedScore",
    "Knob",
    "PhysicalTerm",
    "Schedule",
]
