"""The structure viewer: conformers in 3D, drawn by nglview."""

from .viewer import StructureViewer

__all__ = ["StructureViewer"]
