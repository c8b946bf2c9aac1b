"""Which residues of a structure are the protein that is asked for."""

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

LEAST_COMMON = 0.5
"""Part of the protein's residues that must be there, the same, for a comparison."""
MOST_NAMED = 6
"""Differences that a message lists."""


@dataclass(frozen=True, eq=False)
class Match:
    """Residues that two sequences have in common, n of them.

    Attributes
    ----------
    found : ndarray of int, shape (n,)
        Their places in the structure's sequence, from 0.
    wanted : ndarray of int, shape (n,)
        Their places in the protein's.
    tags : int
        Residues of the structure before and behind the protein's.
    differences : tuple of str
        Missing, exchanged and inserted residues, in words, numbered as in the protein from 1.
    """

    found: NDArray[np.int64]
    wanted: NDArray[np.int64]
    tags: int
    differences: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it."""
        said = [listed(self.differences)] if self.differences else []
        if self.tags == 1:
            said.append("1 residue beyond the protein is left out")
        elif self.tags:
            said.append(f"{self.tags} residues beyond the protein are left out")
        return tuple(said)


def match(found: str, wanted: str, name: str) -> Match:
    """The residues of `found` that are residues of `wanted`, by sequence.

    Raises
    ------
    StructureError
        If less than half of `wanted` is there, with the residues that differ; or if all of it is
        there twice.
    """
    start = found.find(wanted)
    if start >= 0:
        if found.find(wanted, start + 1) >= 0:
            raise StructureError(f"{name} holds the sequence {wanted} more than once: keep one.")
        every = np.arange(len(wanted))
        return Match(every + start, every, len(found) - len(wanted), ())
    pairs = align(wanted, found)
    told = differences(found, wanted, pairs)
    same = sum(wanted[i] == found[j] for i, j in pairs)
    if same < LEAST_COMMON * len(wanted):
        raise StructureError(
            f"{name} is not this protein: it has {len(found)} residues, {same} of the {len(wanted)}"
            f" wanted ones are among them, half is the least; {listed(told)}. Give an ensemble of "
            f"{_short(wanted)}."
        )
    places = np.array(pairs, dtype=np.int64)
    inside = pairs[-1][1] - pairs[0][1] + 1
    return Match(places[:, 1], places[:, 0], len(found) - inside, tuple(told))


def common_residues(
    ensembles: Sequence[tuple[str, str]], wanted: str
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Residues of `wanted` that all have, given by name and sequence, and those that each has.

    Raises
    ------
    StructureError
        Another protein, or too little that all have.
    """
    places = [match(found, wanted, name).wanted for name, found in ensembles]
    common = reduce(np.intersect1d, places)
    if len(common) < LEAST_COMMON * len(wanted):
        names = ", ".join(name for name, _ in ensembles)
        raise StructureError(
            f"{names} have {len(common)} of the {len(wanted)} residues in common, half is the "
            "least: judge those that lack different residues one by one."
        )
    return common, places


def is_in(found: str, wanted: str) -> bool:
    """Whether enough of `wanted` is in `found` to be compared."""
    try:
        match(found, wanted, "")
    except StructureError:
        return False
    return True


def differences(found: str, wanted: str, pairs: list[tuple[int, int]]) -> list[str]:
    """Residues of `wanted` that `found` lacks or has others for, and its insertions, in words."""
    partner = dict(pairs)
    told = []
    for start, end in _runs([i for i in range(len(wanted)) if i not in partner]):
        told.append((start, f"{_range(start, end)} {_short(wanted[start:end])} missing"))
    told += [(i, f"residue {i + 1} is {found[j]}, not {wanted[i]}")
             for i, j in pairs if found[j] != wanted[i]]  # fmt: skip
    told += [(i + 1, f"{_short(found[j + 1 : k])} inserted after residue {i + 1}")
             for (i, j), (_, k) in pairwise(pairs) if k > j + 1]  # fmt: skip
    return [text for _, text in sorted(told, key=itemgetter(0))]


def listed(told: list[str] | tuple[str, ...]) -> str:
    """The first few of what differs."""
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return ", ".join(told[:MOST_NAMED]) + more


def _runs(places: list[int]) -> list[tuple[int, int]]:
    """Growing numbers as stretches [start, end)."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place:
            runs[-1] = runs[-1][0], place + 1
        else:
            runs.append((place, place + 1))
    return runs


def _range(start: int, end: int) -> str:
    return f"residue {start + 1}" if end == start + 1 else f"residues {start + 1}–{end}"


def _short(sequence: str) -> str:
    return sequence if len(sequence) <= 24 else f"{sequence[:12]}…{sequence[-8:]}"
