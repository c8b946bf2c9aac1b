"""Ensembles of conformers: reading, writing and matching them to a sequence."""

from .ensemble import Ensemble
from .ensemble_data import EnsembleData
from .readers import read_ensemble
from .writers import OutputError

__all__ = ["Ensemble", "EnsembleData", "OutputError", "read_ensemble"]
