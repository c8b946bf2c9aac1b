"""Check of bonded distances: a broken bond reveals a wrapped chain, a gap or a wrong topology."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..geometry.residues import LETTERS, NAMES, atom_names
from ..geometry.structure import Atom14Trajectory, StructureError
from .periodic_boxes import atom14_bonds, backbone_bonds

LIMITS = {
    "N–CA": (1.2, 1.9), "CA–C": (1.2, 1.9), "C–O": (1.0, 1.45), "C–N": (0.8, 2.5),
    "CA–CA": (2.0, 5.0),
}  # fmt: skip
"""Smallest and largest distance (Å) of bonded atoms that occurs in a chain.

The distances between residues leave room for conformers of inaccurate models.
"""

SIDE_CHAIN_LIMITS = (1.0, 2.2)

BLOCK = 1000
"""Frames that are checked at a time."""

MAX_LISTED = 4
"""Number of frames or bonds that a message lists."""

ADVICE = (
    "Complete or cut the chain at gaps, remove ligands, make wrapped molecules whole (for example "
    "with gmx trjconv -pbc whole), and use the topology of this trajectory."
)


class Bonds(NamedTuple):
    """B bonds of A atoms."""

    atoms: NDArray[np.int32]  # (B, 2)
    limits: NDArray[np.float64]  # (B, 2) Å
    labels: tuple[str, ...]  # such as "C–N of PRO4 and GLU5"
    inside: NDArray[np.bool_]  # (B,) whether a bond is inside a residue


def chain_bonds(
    residues: Sequence[str], n_atoms: int, bonded: NDArray[np.bool_] | None = None
) -> Bonds:
    """Return the bonds of backbones (L, 4 or 1) of N, CA, C, O, or of CA atoms only.

    Parameters
    ----------
    residues : sequence of str, length L
        Names of the residues for messages.
    n_atoms : int
        4 or 1.
    bonded : ndarray of bool, shape (L - 1,), optional
        Whether a residue has a bond to the next. Default: all have.
    """
    names = ("CA",) if n_atoms == 1 else ("N", "CA", "C", "O")
    atoms = backbone_bonds(len(residues), n_atoms)
    if bonded is not None and len(bonded):  # a single residue has no next one
        first, second = atoms.T // n_atoms
        atoms = atoms[(first == second) | bonded[np.minimum(first, len(bonded) - 1)]]
    return _label(atoms, residues, n_atoms, lambda residue, slot: names[slot])


def heavy_bonds(sequence: str, mask: NDArray[np.bool_]) -> Bonds:
    """Return the bonds of the heavy atoms (L, 14) that are present."""
    atoms = atom14_bonds(sequence, np.ones_like(mask))
    atoms = atoms[mask.ravel()[atoms].all(axis=1)]
    residues = [f"{letter}{i}" for i, letter in enumerate(sequence, start=1)]
    order = [atom_names()[NAMES[LETTERS.index(letter)]] for letter in sequence]
    return _label(atoms, residues, 14, lambda residue, slot: order[residue][slot])


def _label(
    atoms: NDArray[np.int32],
    residues: Sequence[str],
    n_atoms: int,
    name: Callable[[int, int], str],
) -> Bonds:
    limits, labels = [], []
    for i, j in atoms.tolist():
        first, second = i // n_atoms, j // n_atoms
        kind = f"{name(first, i % n_atoms)}–{name(second, j % n_atoms)}"
        limits.append(LIMITS.get(kind, SIDE_CHAIN_LIMITS))
        where = residues[first] if first == second else f"{residues[first]} and {residues[second]}"
        labels.append(f"{kind} of {where}")
    return Bonds(
        atoms,
        np.array(limits).reshape(-1, 2),
        tuple(labels),
        np.equal(*(atoms.T // n_atoms)),
    )


@dataclass(frozen=True, eq=False)
class BrokenBonds:
    """Bonded distances that no chain has.

    Attributes
    ----------
    bonds : Bonds
    broken : ndarray of bool, shape (N, B)
    extreme : ndarray, shape (B,)
        Distance (Å) in the frame in which it is furthest from the limits.
    """

    bonds: Bonds
    broken: NDArray[np.bool_]
    extreme: NDArray[np.float64]

    @property
    def frames(self) -> NDArray[np.int64]:
        """Frames with a broken bond."""
        return np.flatnonzero(self.broken.any(axis=1))

    @property
    def permanent(self) -> NDArray[np.int64]:
        """Bonds that are broken in all frames."""
        return np.flatnonzero(self.broken.all(axis=0))

    def describe(self) -> str:
        """Describe the broken bonds and their frames; empty if there are none."""
        if not len(self.frames):
            return ""
        counts = self.broken.sum(axis=0)
        worst = np.argsort(-counts, kind="stable")[: min(MAX_LISTED, np.count_nonzero(counts))]
        bonds = ", ".join(f"{self.bonds.labels[b]} {self.extreme[b]:.1f} Å" for b in worst)
        others = np.count_nonzero(counts) - len(worst)
        more = f" and {others} others" if others else ""
        n_frames, n_broken = len(self.broken), len(self.frames)
        if n_frames == 1:
            return f"bonds that no chain has: {bonds}{more}"
        listed = ", ".join(map(str, self.frames[:MAX_LISTED]))
        which = "" if n_broken == n_frames else (
            f" (frame {listed}{', ...' if n_broken > MAX_LISTED else ''})")  # fmt: skip
        return f"bonds that no chain has in {n_broken} of {n_frames} frames{which}: {bonds}{more}"

    def describe_frame(self, frame: int) -> str:
        """Describe the broken bonds of a frame."""
        bonds = [self.bonds.labels[b] for b in np.flatnonzero(self.broken[frame])]
        more = f" and {len(bonds) - MAX_LISTED} others" if len(bonds) > MAX_LISTED else ""
        return f"broken bonds {', '.join(bonds[:MAX_LISTED])}{more}"


def find_broken_bonds(positions: NDArray[np.floating], bonds: Bonds) -> BrokenBonds:
    """Check the bonded distances of all frames.

    Parameters
    ----------
    positions : ndarray, shape (N, ..., 3)
        Positions of the A atoms in N frames, Å.
    bonds : Bonds
        Bonds of these atoms.
    """
    low, high = bonds.limits.T
    extreme = middle = (low + high) / 2
    broken = np.zeros((len(positions), len(bonds.atoms)), dtype=bool)
    for start in range(0, len(positions), BLOCK):
        block = positions[start : start + BLOCK].reshape(-1, np.prod(positions.shape[1:-1]), 3)
        with np.errstate(over="ignore", invalid="ignore"):  # of damaged coordinates
            vectors = block[:, bonds.atoms[:, 0]] - block[:, bonds.atoms[:, 1]]
            distances = np.linalg.norm(vectors, axis=-1)
        broken[start : start + BLOCK] = (distances < low) | (distances > high)
        candidates = np.concatenate([extreme[None], distances])
        furthest = np.abs(candidates - middle).argmax(axis=0)
        extreme = candidates[furthest, np.arange(len(middle))]
    return BrokenBonds(bonds, broken, extreme)


def check_heavy_atoms(atoms: Atom14Trajectory) -> BrokenBonds:
    """Check the bonds of all heavy atoms."""
    bonds = heavy_bonds(atoms.sequence, atoms.mask.numpy())
    return find_broken_bonds(atoms.positions.numpy(), bonds)


def require_whole_chain(found: BrokenBonds, name: str) -> None:
    """Raise a StructureError if any bond of any frame is broken."""
    if len(found.frames):
        raise StructureError(f"{name} has {found.describe()}. {ADVICE}")


def require_connected_chain(found: BrokenBonds, name: str) -> None:
    """Raise a StructureError if a bond is broken in all frames: it has never been a bond."""
    if len(found.permanent):
        raise StructureError(f"{name} has {found.describe()}. {ADVICE}")


def require_fitting_topology(found: BrokenBonds, name: str) -> None:
    """Raise a StructureError if a residue is torn apart in all frames.

    Models may break a chain between residues, but the atoms of a residue come apart only if the
    topology has another order of atoms, or if each frame is wrapped over an unknown box.
    """
    if found.bonds.inside[found.permanent].any():
        raise StructureError(f"{name} does not fit its topology: it has {found.describe()}. "
                             f"{ADVICE}")  # fmt: skip
