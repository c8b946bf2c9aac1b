"""Ensembles of conformers: reading, writing, and matching to a sequence."""

from ..files.writing import OutputError
from .ensemble import Ensemble
from .ensemble_data import EnsembleData
from .heavy_atoms import load_atom14
from .readers import read_ensemble

__all__ = ["Ensemble", "EnsembleData", "OutputError", "load_atom14", "read_ensemble"]
