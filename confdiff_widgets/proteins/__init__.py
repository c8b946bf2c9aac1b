"""Bundled proteins, and the resolution of user input to sequences and networks."""

from typing import TYPE_CHECKING

from ..exports import on_demand
from .catalogue import Protein, UnknownProteinError, by_sequence, get, names
from .reference import Reference

if TYPE_CHECKING:
    from .melting import reference_melting
    from .starting_structure import (
        StartingStructure,
        folded_structure,
        read_starting_structure,
    )
    from .system import System, load_system

__all__ = [
    "Protein",
    "Reference",
    "StartingStructure",
    "System",
    "UnknownProteinError",
    "by_sequence",
    "folded_structure",
    "get",
    "load_system",
    "names",
    "read_starting_structure",
    "reference_melting",
]

__getattr__ = on_demand(
    __name__,
    {
        "melting": ("reference_melting",),
        "starting_structure": ("StartingStructure", "folded_structure", "read_starting_structure"),
        "system": ("System", "load_system"),
    },
)
