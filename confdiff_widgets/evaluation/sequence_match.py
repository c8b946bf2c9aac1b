"""Which residues of a structure are the protein that is asked for."""

from __future__ import annotations

from difflib import SequenceMatcher

from ..geometry.structure import StructureError

MOST_NAMED = 6
"""Differences that a message lists."""


def residues_of(found: str, wanted: str, name: str) -> slice:
    """Where `wanted` lies in the sequence `found`: all of it, or one stretch.

    Raises
    ------
    StructureError
        If it is not there, with the residues that differ, numbered as in `wanted`.
    """
    start = found.find(wanted)
    if start >= 0:
        if found.find(wanted, start + 1) >= 0:
            raise StructureError(f"{name} holds the sequence {wanted} more than once: keep one.")
        return slice(start, start + len(wanted))
    told = _differences(found, wanted)
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    raise StructureError(
        f"{name} is not this protein: it has {len(found)} residues, {len(wanted)} are wanted; "
        f"{', '.join(told[:MOST_NAMED])}{more}. Give an ensemble of {_short(wanted)}."
    )


def _differences(found: str, wanted: str) -> list[str]:
    told = []
    matcher = SequenceMatcher(None, wanted, found, autojunk=False)
    for kind, i, k, j, m in matcher.get_opcodes():
        if kind == "replace" and k - i == m - j:
            told += [f"residue {i + n + 1} is {found[j + n]}, not {wanted[i + n]}"
                     for n in range(k - i)]  # fmt: skip
        elif kind == "replace":
            told.append(f"{_range(i, k)} {_short(wanted[i:k])} read {_short(found[j:m])}")
        elif kind == "delete":
            told.append(f"{_range(i, k)} {_short(wanted[i:k])} missing")
        elif kind == "insert":
            told.append(f"{_short(found[j:m])} too many after residue {i}")
    return told


def _range(start: int, end: int) -> str:
    return f"residue {start + 1}" if end == start + 1 else f"residues {start + 1}–{end}"


def _short(sequence: str) -> str:
    return sequence if len(sequence) <= 24 else f"{sequence[:12]}…{sequence[-8:]}"
