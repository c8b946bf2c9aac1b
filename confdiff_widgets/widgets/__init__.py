"""What a person sees, one part a file."""

from .ensemble_file import open_ensemble
from .explorer import Explorer
from .viewer import StructureViewer

__all__ = ["Explorer", "StructureViewer", "open_ensemble"]
