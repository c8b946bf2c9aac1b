"""Fixtures: ensembles in the file formats of other methods, and a simulation."""

from ..foreign_files import expected, files, heavy
from ..simulations import simulation

__all__ = ["expected", "files", "heavy", "simulation"]
