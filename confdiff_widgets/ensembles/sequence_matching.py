"""Matching of the residues of a structure to the sequence of a protein."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from ..geometry.structure import StructureError
from .sequence_alignment import align

MIN_FRACTION = 0.5
"""Fraction of the residues of the protein that must be present and equal for a comparison."""
MAX_LISTED = 6
"""Number of differences that a message lists."""


@dataclass(frozen=True, eq=False)
class Match:
    """The n residues that two sequences have in common.

    Attributes
    ----------
    found : ndarray of int, shape (n,)
        Their indices in the sequence of the structure.
    wanted : ndarray of int, shape (n,)
        Their indices in the sequence of the protein.
    tags : int
        Number of residues of the structure before and after the protein.
    differences : tuple of str
        Missing, exchanged and inserted residues in words, with residue numbers of the protein.
    """

    found: NDArray[np.int64]
    wanted: NDArray[np.int64]
    tags: int
    differences: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Differences and omitted residues in words."""
        notes = [summarise(self.differences)] if self.differences else []
        if self.tags == 1:
            notes.append("1 residue beyond the protein is omitted")
        elif self.tags:
            notes.append(f"{self.tags} residues beyond the protein are omitted")
        return tuple(notes)


def match(found: str, wanted: str, name: str) -> Match:
    """Find the residues of a structure that belong to a protein, by sequence.

    Parameters
    ----------
    found, wanted : str
        Sequences of the structure and of the protein.
    name : str
        Name of the structure in messages.

    Raises
    ------
    StructureError
        If less than half of `wanted` is present, with the differences, or if all of it is present
        twice.
    """
    start = found.find(wanted)
    if start >= 0:
        if found.find(wanted, start + 1) >= 0:
            raise StructureError(
                f"{name} contains the sequence {wanted} more than once. Keep one copy."
            )
        indices = np.arange(len(wanted))
        return Match(indices + start, indices, len(found) - len(wanted), ())
    pairs = align(wanted, found)
    differing = differences(found, wanted, pairs)
    same = sum(wanted[i] == found[j] for i, j in pairs)
    if same < MIN_FRACTION * len(wanted):
        raise StructureError(
            f"{name} is not this protein: of its {len(found)} residues, {same} match the "
            f"{len(wanted)} of the protein, and at least half are required; "
            f"{summarise(differing)}. Give an ensemble of {_shorten(wanted)}."
        )
    indices = np.array(pairs, dtype=np.int64)
    inside = pairs[-1][1] - pairs[0][1] + 1
    return Match(indices[:, 1], indices[:, 0], len(found) - inside, tuple(differing))


def common_residues(
    ensembles: Sequence[tuple[str, str]], wanted: str
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Find the residues of a protein that all ensembles have.

    Parameters
    ----------
    ensembles : sequence of (name, sequence)
    wanted : str
        Sequence of the protein.

    Returns
    -------
    common : ndarray of int
        Indices of the residues that all ensembles have.
    present : list of ndarray of int
        Indices of the residues that each ensemble has.

    Raises
    ------
    StructureError
        For an ensemble of another protein, or if less than half of the residues are common.
    """
    present = [match(found, wanted, name).wanted for name, found in ensembles]
    common = reduce(np.intersect1d, present)
    if len(common) < MIN_FRACTION * len(wanted):
        names = ", ".join(name for name, _ in ensembles)
        raise StructureError(
            f"{names} have {len(common)} of the {len(wanted)} residues in common, and at least "
            "half are required. Evaluate ensembles that lack different residues separately."
        )
    return common, present


def is_comparable(found: str, wanted: str) -> bool:
    """Return whether a structure has enough residues of a protein for a comparison."""
    try:
        match(found, wanted, "")
    except StructureError:
        return False
    return True


def differences(found: str, wanted: str, pairs: list[tuple[int, int]]) -> list[str]:
    """Describe missing, exchanged and inserted residues, in the order of the protein."""
    partner = dict(pairs)
    described = []
    for start, end in _intervals([i for i in range(len(wanted)) if i not in partner]):
        described.append((start, f"{_range(start, end)} {_shorten(wanted[start:end])} missing"))
    described += [(i, f"residue {i + 1} is {found[j]}, not {wanted[i]}")
             for i, j in pairs if found[j] != wanted[i]]  # fmt: skip
    described += [(i + 1, f"{_shorten(found[j + 1 : k])} inserted after residue {i + 1}")
             for (i, j), (_, k) in pairwise(pairs) if k > j + 1]  # fmt: skip
    return [text for _, text in sorted(described, key=itemgetter(0))]


def summarise(described: list[str] | tuple[str, ...]) -> str:
    """Join the first differences, and count the others."""
    more = f" and {len(described) - MAX_LISTED} more" if len(described) > MAX_LISTED else ""
    return ", ".join(described[:MAX_LISTED]) + more


def _intervals(indices: list[int]) -> list[tuple[int, int]]:
    """Combine increasing indices to intervals [start, end)."""
    intervals: list[tuple[int, int]] = []
    for index in indices:
        if intervals and intervals[-1][1] == index:
            intervals[-1] = intervals[-1][0], index + 1
        else:
            intervals.append((index, index + 1))
    return intervals


def _range(start: int, end: int) -> str:
    return f"residue {start + 1}" if end == start + 1 else f"residues {start + 1}–{end}"


def _shorten(sequence: str) -> str:
    return sequence if len(sequence) <= 24 else f"{sequence[:12]}…{sequence[-8:]}"
