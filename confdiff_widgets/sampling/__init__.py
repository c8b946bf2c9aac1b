"""Runs: from noise (or a noised structure) to an ensemble, step by step."""

from .config import SamplerConfig
from .ensemble import Ensemble
from .run import Run
from .state import State

__all__ = ["Ensemble", "Run", "SamplerConfig", "State"]
