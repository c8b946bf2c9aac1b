"""The structure viewer: conformers in three dimensions, drawn by nglview."""

from .viewer import StructureViewer

__all__ = ["StructureViewer"]
