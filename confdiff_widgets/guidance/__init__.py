"""Guidance of the score: classifier-free (γ), physical (η), schedules and fixed residues."""

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
