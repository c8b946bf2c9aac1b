"""Widgets for Jupyter: the Explorer, the structure viewer, ensembles and sweeps."""

from .ensembles.ensemble_file import open_ensemble
from .ensembles.ensemble_view import EnsembleView
from .ensembles.metastable_states_view import MetastableStates
from .explorer.explorer import Explorer
from .sweep.panel import Sweep
from .viewer.viewer import StructureViewer

__all__ = [
    "EnsembleView",
    "Explorer",
    "MetastableStates",
    "StructureViewer",
    "Sweep",
    "open_ensemble",
]
