"""Guidance of the score: classifier-free (γ), physical (η), schedules and fixed residues."""

from ..exports import on_demand
from ..models.temperature import eta_of_temperature, temperature_of_eta
from .cfg import ClassifierFreeGuidance, ScoreEvaluation
from .guided_score import GuidedScore
from .physical import EnergyGradient, EnergyGuidance, ForceGuidance, PhysicalGuidance
from .schedule import Schedule, Strength
from .temperature import TemperatureGuidance

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
    "TemperatureGuidance",
    "eta_of_temperature",
    "temperature_of_eta",
]

__getattr__ = on_demand(__name__)
