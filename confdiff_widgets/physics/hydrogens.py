"""Place hydrogens from heavy atoms by valence geometry.

Each hydrogen has fixed coordinates in a local frame of its parent. The first axis points away from
the mean direction of the parent's heavy neighbours; the second lies in the plane of a reference
atom. The coordinates depend only on the number of neighbours and hydrogens of the parent, so no
table of residues is needed, and all conformers are completed in a few array operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

TETRAHEDRAL = np.degrees(np.arccos(-1 / 3))

PLANAR = ((60, 0), (60, 180))
"""Directions of two hydrogens on the nitrogen of an amide or guanidinium."""

DIRECTIONS = {
    # (heavy neighbours, hydrogens): (angle to the first axis, dihedral to the reference), degrees
    (3, 1): ((0, 0),),
    (2, 1): ((0, 0),),
    (2, 2): ((TETRAHEDRAL / 2, 90), (TETRAHEDRAL / 2, -90)),
    (1, 1): ((180 - TETRAHEDRAL, 180),),
    (1, 2): PLANAR,
    (1, 3): tuple((180 - TETRAHEDRAL, dihedral) for dihedral in (60, 180, 300)),  # staggered
}


PYRAMIDAL = ((180 - TETRAHEDRAL, 60), (180 - TETRAHEDRAL, 300))
"""Directions of two hydrogens on the nitrogen of an amine: neutral lysine."""


class Hydrogens(NamedTuple):
    """Local coordinates of the H hydrogens of a molecule; indices are atom indices."""

    atom: np.ndarray  # (H,)
    parent: np.ndarray  # (H,)
    neighbours: np.ndarray  # (H, 6) heavy neighbours of the parent, repeated to 6
    reference: np.ndarray  # (H,)
    local: np.ndarray  # (H, 3) coordinates in the local frame, Å

    @classmethod
    def from_bonds(
        cls,
        bonds: Mapping[int, Sequence[int]],
        is_hydrogen: np.ndarray,
        lengths: Mapping[tuple[int, int], float],
    ) -> Hydrogens:
        """Derive the local coordinates from the bonds of a molecule.

        Parameters
        ----------
        bonds : mapping of int to sequence of int
            Atoms bonded to each atom.
        is_hydrogen : array of bool, shape (A,)
        lengths : mapping of (int, int) to float
            Bond length of (hydrogen, parent), Å.
        """
        rows = []
        for parent in np.flatnonzero(~is_hydrogen).tolist():
            heavy = sorted(i for i in bonds[parent] if not is_hydrogen[i])
            hydrogens = sorted(i for i in bonds[parent] if is_hydrogen[i])
            if not hydrogens:
                continue
            if len(heavy) == 1:
                others = (i for i in bonds[heavy[0]] if not is_hydrogen[i] and i != parent)
                reference = min(others)
            else:
                reference = heavy[0]
            # 6 is a multiple of 1, 2 and 3, so repetition does not change the mean direction
            neighbours = np.resize(heavy, 6)
            directions = DIRECTIONS[len(heavy), len(hydrogens)]
            if directions is PLANAR and len(bonds[heavy[0]]) == 4:
                directions = PYRAMIDAL
            for hydrogen, (angle, dihedral) in zip(hydrogens, directions, strict=True):
                local = lengths[hydrogen, parent] * _unit_from_angles(angle, dihedral)
                rows.append((hydrogen, parent, neighbours, reference, local))
        return cls(*(np.array(column) for column in zip(*rows, strict=True)))

    def place(self, positions: np.ndarray) -> None:
        """Set the hydrogens in positions (..., A, 3) in Å, in place; heavy atoms must be set."""
        parent = positions[..., self.parent, :]
        bonds = positions[..., self.neighbours, :] - parent[..., None, :]
        first = -_unit(_unit(bonds).sum(-2))
        third = _unit(np.cross(first, positions[..., self.reference, :] - parent))
        axes = np.stack([first, np.cross(third, first), third], axis=-2)  # (..., H, axis, 3)
        positions[..., self.atom, :] = parent + np.einsum("hk,...hkx->...hx", self.local, axes)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _unit_from_angles(angle: float, dihedral: float) -> np.ndarray:
    polar, azimuth = np.radians([angle, dihedral])
    return np.array(
        [np.cos(polar), np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth)]
    )
