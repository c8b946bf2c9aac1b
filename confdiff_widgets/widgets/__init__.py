"""What a person sees, one part a file."""

from .viewer import StructureViewer

__all__ = ["StructureViewer"]
