"""What a person sees, one part a file."""

from .ensemble_file import open_ensemble
from .explorer import Explorer
from .sweep import Sweep
from .viewer import StructureViewer

__all__ = ["Explorer", "StructureViewer", "Sweep", "open_ensemble"]
