"""Chains made whole that are wrapped over the boundary of a periodic box."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..geometry.residues import LETTERS, NAMES, atom_names
from ..geometry.structure import topology_of

if TYPE_CHECKING:
    import mdtraj

LONGEST_BOND = 0.5
"""Largest distance (nm) of neighbours in a whole chain, CA atoms included."""

SMALLEST_BOX = 1.0
"""Edges (nm) below which a box is a placeholder."""


def make_whole(
    positions: NDArray[np.float32], trajectory: mdtraj.Trajectory, bonds: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Make the chains of all frames whole that are wrapped over the box.

    Parameters
    ----------
    positions : ndarray, shape (N, A, 3)
        nm.
    trajectory : Trajectory
        The same N frames, with their boxes if they have any.
    bonds : ndarray, shape (M, 2)
        Bonded atoms. The second of a pair is moved to the image closest to the first.

    Returns
    -------
    ndarray, shape (N, A, 3)
        Frames whose chains are whole, or that have no box, are unchanged.
    """
    lengths = trajectory.unitcell_lengths
    if lengths is None or not len(bonds):
        return positions
    distances = np.linalg.norm(positions[:, bonds[:, 1]] - positions[:, bonds[:, 0]], axis=-1)
    with np.errstate(invalid="ignore"):
        wrapped = (distances > LONGEST_BOND).any(axis=1) & (lengths > SMALLEST_BOX).all(axis=1)
    wrapped &= np.isfinite(positions).all(axis=(1, 2))
    if not wrapped.any():
        return positions
    import mdtraj

    frames = mdtraj.Trajectory(
        positions[wrapped],
        None,
        unitcell_lengths=lengths[wrapped],
        unitcell_angles=trajectory.unitcell_angles[wrapped],
    )
    frames.make_molecules_whole(inplace=True, sorted_bonds=bonds)
    whole = positions.copy()
    whole[wrapped] = frames.xyz
    return whole


def backbone_bonds(n_residues: int, n_atoms: int) -> NDArray[np.int32]:
    """Return the bonds of backbones (L, 4 or 1) of N, CA, C, O, or of CA atoms only."""
    atoms = np.arange(n_residues * n_atoms).reshape(n_residues, n_atoms)
    chain = atoms[:, :3].ravel()
    oxygens = np.empty((0, 2), int) if n_atoms == 1 else atoms[:, 2:4]
    return np.concatenate([np.array(list(pairwise(chain))).reshape(-1, 2), oxygens]).astype(
        np.int32
    )


def atom14_bonds(sequence: str, mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the bonds of the atoms (L, 14) that are present, as a tree from the first N.

    A side-chain atom whose neighbour is absent is attached to its CA.
    """
    bonds = [(14 * i + 2, 14 * i + 14) for i in range(len(sequence) - 1)]
    for i, letter in enumerate(sequence):
        for j, parent in enumerate(_parents(letter), start=1):
            if mask[i, j]:
                bonds.append((14 * i + (parent if mask[i, parent] else 1), 14 * i + j))
    # each atom is placed before those that are attached to it
    return np.array(sorted(bonds, key=lambda bond: bond[1]), dtype=np.int32).reshape(-1, 2)


@cache
def _parents(letter: str) -> tuple[int, ...]:
    """Return the first bonded atom of each heavy atom of a residue, from the second on."""
    topology = topology_of(letter, heavy=True)
    parent: dict[int, int] = {}
    for first, second in topology.bonds:
        low, high = sorted((first.index, second.index))
        parent[high] = min(low, parent.get(high, low))
    return tuple(parent[j] for j in range(1, len(atom_names()[NAMES[LETTERS.index(letter)]])))
