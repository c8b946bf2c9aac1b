"""Ensembles of any method, read from their files and judged against a reference side by side."""

from .ensemble_data import EnsembleData
from .reader import read_ensemble

__all__ = ["EnsembleData", "read_ensemble"]
