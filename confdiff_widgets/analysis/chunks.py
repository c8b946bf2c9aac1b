"""Frames taken some at a time, so that what is computed of them need not fit in memory at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .input_checks import Floats

ROOM = 1 << 19
"""Numbers that a temporary array may hold: 4 MB as float64, near what a processor's cache takes."""

Feature = Callable[[Floats], Floats]
"""CA positions (n, L, 3) in Å to a table (n, D)."""


def slices(n_frames: int, numbers_per_frame: int) -> Iterator[slice]:
    """All frames in order, in pieces of at most `ROOM` numbers (one frame at least)."""
    length = max(1, ROOM // max(1, numbers_per_frame))
    for start in range(0, n_frames, length):
        yield slice(start, min(start + length, n_frames))


def pairs_slices(ca: Floats) -> Iterator[slice]:
    """Pieces for work on all pairs of residues, three numbers each."""
    return slices(len(ca), 3 * ca.shape[1] ** 2 // 2)


def extent(feature: Feature, ca: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest value of each of the D columns."""
    low = high = None
    for part in pairs_slices(ca):
        table = feature(ca[part])
        least, most = table.min(axis=0), table.max(axis=0)
        low = least if low is None else np.minimum(low, least)
        high = most if high is None else np.maximum(high, most)
    assert low is not None and high is not None  # an ensemble has a frame
    return low, high
