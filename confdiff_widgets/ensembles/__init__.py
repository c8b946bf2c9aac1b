"""Ensembles of conformers: reading, writing, and matching to a sequence."""

from .ensemble import Ensemble
from .ensemble_data import EnsembleData
from .output_files import OutputError
from .readers import read_ensemble

__all__ = ["Ensemble", "EnsembleData", "OutputError", "read_ensemble"]
