"""How scores are combined: the γ-mix, the physical term, and their schedules."""

from .cfg import ClassifierFreeGuidance, ScoreEvaluation
from .guided_score import GuidedScore
from .physical import EnergyGradient, EnergyGuidance, ForceGuidance, PhysicalGuidance
from .schedule import Schedule, Strength

__all__ = [
    "ClassifierFreeGuidance",
    "EnergyGradient",
    "EnergyGuidance",
    "ForceGuidance",
    "GuidedScore",
    "PhysicalGuidance",
    "Schedule",
    "ScoreEvaluation",
    "Strength",
]
