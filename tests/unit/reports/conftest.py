"""Fixtures: ensembles in the file formats of other methods."""

from ..foreign_files import expected, files, heavy

__all__ = ["expected", "files", "heavy"]
