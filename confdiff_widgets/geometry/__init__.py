"""Rotations, rigid frames, and the conversion between frames with torsions and heavy atoms."""

from typing import TYPE_CHECKING

from ..exports import on_demand

if TYPE_CHECKING:
    from .atom14 import backbone_frames, build_atom14, frames_and_torsions, planar_side_chains
    from .residues import encode_sequence
    from .rigid import Rigid

__all__ = [
    "Rigid",
    "backbone_frames",
    "build_atom14",
    "encode_sequence",
    "frames_and_torsions",
    "planar_side_chains",
]

__getattr__ = on_demand(
    __name__,
    {
        "atom14": ("backbone_frames", "build_atom14", "frames_and_torsions", "planar_side_chains"),
        "residues": ("encode_sequence",),
        "rigid": ("Rigid",),
    },
)
