"""Hydrogens from heavy atoms, by valence geometry.

Each hydrogen sits at fixed coordinates in a frame of its parent: the first axis points away from
the mean direction of the parent's heavy neighbours, the second lies in the plane of a reference
atom. How many neighbours and hydrogens the parent has decides the coordinates, so there is no
table of residues, and all conformers of a protein get their hydrogens in a few array operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

TETRAHEDRAL = np.degrees(np.arccos(-1 / 3))

DIRECTIONS = {
    # heavy neighbours, hydrogens: (angle to the first axis, dihedral to the reference), degrees
    (3, 1): ((0, 0),),
    (2, 1): ((0, 0),),
    (2, 2): ((TETRAHEDRAL / 2, 90), (TETRAHEDRAL / 2, -90)),
    (1, 1): ((180 - TETRAHEDRAL, 180),),
    (1, 2): ((60, 0), (60, 180)),  # planar: amides and guanidinium
    (1, 3): tuple((180 - TETRAHEDRAL, dihedral) for dihedral in (60, 180, 300)),  # staggered
}


class Hydrogens(NamedTuple):
    """Where the H hydrogens of a molecule belong; indices are of its atoms."""

    atom: np.ndarray  # (H,)
    parent: np.ndarray  # (H,)
    neighbours: np.ndarray  # (H, 6) heavy neighbours of the parent, repeated
    reference: np.ndarray  # (H,)
    local: np.ndarray  # (H, 3) coordinates in the parent's frame, Å

    @classmethod
    def of(
        cls,
        bonds: Mapping[int, Sequence[int]],
        is_hydrogen: np.ndarray,
        lengths: Mapping[tuple[int, int], float],
    ) -> Hydrogens:
        """From the bonded atoms of each atom and the bond lengths (Å) of (hydrogen, parent)."""
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
            # 6 is a multiple of 1, 2 and 3: repetition leaves the mean direction as it is
            neighbours = np.resize(heavy, 6)
            directions = DIRECTIONS[len(heavy), len(hydrogens)]
            for hydrogen, (angle, dihedral) in zip(hydrogens, directions, strict=True):
                local = lengths[hydrogen, parent] * _unit_from_angles(angle, dihedral)
                rows.append((hydrogen, parent, neighbours, reference, local))
        return cls(*(np.array(column) for column in zip(*rows, strict=True)))

    def place(self, positions: np.ndarray) -> None:
        """Fill the hydrogens into positions (..., A, 3) in Å whose heavy atoms are set."""
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
