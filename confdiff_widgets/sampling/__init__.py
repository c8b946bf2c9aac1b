"""Sampling: runs from noise, or from a noised structure, to an ensemble."""

from ..ensembles.ensemble import Ensemble
from .config import SamplerConfig
from .run import Run
from .state import State

__all__ = ["Ensemble", "Run", "SamplerConfig", "State"]
