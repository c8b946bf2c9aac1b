"""What a person sees, one part a file."""

from .ensemble_file import open_ensemble
from .ensemble_view import EnsembleView
from .explorer import Explorer
from .metastable_states import MetastableStates
from .sweep import Sweep
from .viewer import StructureViewer

__all__ = [
    "EnsembleView",
    "Explorer",
    "MetastableStates",
    "StructureViewer",
    "Sweep",
    "open_ensemble",
]
