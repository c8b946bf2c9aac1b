"""Bundled proteins, and the resolution of user input to sequences and networks."""

from .catalogue import Protein, UnknownProteinError, by_sequence, get, missing_files, names
from .reference import Reference

__all__ = [
    "Protein",
    "Reference",
    "UnknownProteinError",
    "by_sequence",
    "get",
    "missing_files",
    "names",
]
