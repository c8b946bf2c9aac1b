"""Check of bonded distances: a broken bond reveals a wrapped chain, a gap or a wrong topology."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..geometry.structure import StructureError

LIMITS = {"N–CA": (1.2, 1.9), "CA–C": (1.2, 1.9), "C–N": (0.8, 2.5), "CA–CA": (2.0, 5.0)}
"""Smallest and largest distance (Å) of bonded atoms that occurs in a chain.

The distances between residues leave room for conformers of inaccurate models.
"""

BLOCK = 1000
"""Frames that are checked at a time."""

MAX_LISTED = 4
"""Number of frames or bonds that a message lists."""

ADVICE = (
    "Complete or cut the chain at gaps, remove ligands, make wrapped molecules whole (for example "
    "with gmx trjconv -pbc whole), and use the topology of this trajectory."
)


@dataclass(frozen=True, eq=False)
class BrokenBonds:
    """Bonded distances that no chain has.

    Attributes
    ----------
    labels : tuple of str
        Names of the B bonds: ``"C–N of PRO4 and GLU5"``.
    broken : ndarray of bool, shape (N, B)
    longest : ndarray, shape (B,)
        Distance (Å) in the frame in which the bond is broken most.
    """

    labels: tuple[str, ...]
    broken: NDArray[np.bool_]
    longest: NDArray[np.float32]

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
        bonds = ", ".join(f"{self.labels[b]} {self.longest[b]:.1f} Å" for b in worst)
        others = np.count_nonzero(counts) - len(worst)
        more = f" and {others} others" if others else ""
        n_frames, n_broken = len(self.broken), len(self.frames)
        if n_frames == 1:
            return f"bonds that no chain has: {bonds}{more}"
        listed = ", ".join(map(str, self.frames[:MAX_LISTED]))
        which = "" if n_broken == n_frames else (
            f" (frame {listed}{', ...' if n_broken > MAX_LISTED else ''})")  # fmt: skip
        return f"bonds that no chain has in {n_broken} of {n_frames} frames{which}: {bonds}{more}"


def find_broken_bonds(
    positions: NDArray[np.floating],
    residues: Sequence[str],
    *,
    bonded: NDArray[np.bool_] | None = None,
) -> BrokenBonds:
    """Check the bonded distances of all frames.

    Parameters
    ----------
    positions : ndarray, shape (N, L, A, 3) or (N, L, 3)
        N, CA, C and any further atoms, or CA atoms only, Å.
    residues : sequence of str, length L
        Names of the residues for messages.
    bonded : ndarray of bool, shape (L - 1,), optional
        Whether a residue has a bond to the next. Default: all have.
    """
    blocks = [
        _find_in_block(positions[start : start + BLOCK], residues, bonded)
        for start in range(0, len(positions), BLOCK)
    ]
    labels = blocks[0].labels
    middle = np.array([sum(LIMITS[label.split(" ")[0]]) / 2 for label in labels])
    longest = np.stack([block.longest for block in blocks])
    furthest = np.abs(longest - middle).argmax(axis=0)
    return BrokenBonds(
        labels,
        np.concatenate([block.broken for block in blocks]),
        longest[furthest, np.arange(len(labels))],
    )


def require_whole_chain(found: BrokenBonds, name: str) -> None:
    """Raise a StructureError if any bond of any frame is broken."""
    if len(found.frames):
        raise StructureError(f"{name} has {found.describe()}. {ADVICE}")


def require_fitting_topology(found: BrokenBonds, name: str) -> None:
    """Raise a StructureError if a residue is torn apart in all frames.

    Models may break a chain between residues, but the atoms of a residue come apart only if the
    topology has another order of atoms, or if each frame is wrapped over an unknown box.
    """
    inside = [b for b in found.permanent if not found.labels[b].startswith(("C–N", "CA–CA"))]
    if inside:
        raise StructureError(f"{name} does not fit its topology: it has {found.describe()}. "
                             f"{ADVICE}")  # fmt: skip


def _find_in_block(
    positions: NDArray[np.floating],
    residues: Sequence[str],
    bonded: NDArray[np.bool_] | None,
) -> BrokenBonds:
    between = [f"{first} and {second}" for first, second in pairwise(residues)]
    apart = np.zeros(len(between), dtype=bool) if bonded is None else ~bonded
    if positions.ndim == 3:
        bonds = [("CA–CA", between, positions[:, :-1], positions[:, 1:])]
    else:
        n, ca, c = (positions[:, :, atom] for atom in range(3))
        bonds = [
            ("N–CA", list(residues), n, ca),
            ("CA–C", list(residues), ca, c),
            ("C–N", between, c[:, :-1], n[:, 1:]),
        ]
    labels: list[str] = []
    broken, longest = [], []
    for kind, names, first, second in bonds:
        low, high = LIMITS[kind]
        distances = np.linalg.norm(first - second, axis=-1)
        labels += [f"{kind} of {name}" for name in names]
        found = (distances < low) | (distances > high)
        broken.append(found & ~apart if names is between else found)
        furthest = np.abs(distances - (low + high) / 2).argmax(axis=0)
        longest.append(distances[furthest, np.arange(len(names))])
    return BrokenBonds(tuple(labels), np.concatenate(broken, axis=1), np.concatenate(longest))
