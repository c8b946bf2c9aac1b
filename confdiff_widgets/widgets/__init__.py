"""Widgets for Jupyter: the Explorer, the structure viewer, ensembles and sweeps."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ensembles.ensemble_file import open_ensemble
    from .ensembles.ensemble_view import EnsembleView
    from .ensembles.metastable_states_view import MetastableStates
    from .explorer.explorer import Explorer
    from .sweep.panel import Sweep
    from .viewer.viewer import StructureViewer

_MODULES = {
    "EnsembleView": "ensembles.ensemble_view",
    "Explorer": "explorer.explorer",
    "MetastableStates": "ensembles.metastable_states_view",
    "StructureViewer": "viewer.viewer",
    "Sweep": "sweep.panel",
    "open_ensemble": "ensembles.ensemble_file",
}

__all__ = [
    "EnsembleView",
    "Explorer",
    "MetastableStates",
    "StructureViewer",
    "Sweep",
    "open_ensemble",
]


def __getattr__(name: str) -> Any:
    """Import each widget on demand, so that the Explorer does not import the others."""
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
