"""Times of frames: their spacing, and the joints at which a trajectory is not continuous."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

TOLERANCE = 1e-3
"""Relative deviation of an interval that counts as equal."""


class FrameTimes(NamedTuple):
    """Spacing of the frames of a trajectory."""

    frame_ps: float | None
    """Time between frames; None without times, or if they are uneven."""
    piece: NDArray[np.int64]
    """Continuous piece that each frame belongs to, shape (N,)."""
    uneven: str
    """Why the frames have no common time between them; empty if they have one."""


def analyse_times(times: ArrayLike) -> FrameTimes:
    """Find the time between frames, and split them where the time restarts or jumps.

    Parameters
    ----------
    times : array_like, shape (N,)
        Time of each frame in ps, in the order of the file. Equal times of all frames count as
        missing.
    """
    times = np.asarray(times, dtype=np.float64)
    one = np.zeros(len(times), dtype=np.int64)
    steps = np.diff(times)
    forward = steps[steps > 0]
    if not np.isfinite(times).all():
        return FrameTimes(None, one, "times that are not finite")
    if not len(forward):
        return FrameTimes(None, one, "times that decrease" if steps.any() else "")
    frame_ps = float(np.median(forward))
    # single precision of times in files
    tolerance = TOLERANCE * frame_ps + 4 * np.spacing(np.abs(times).max().astype(np.float32))
    continuous = np.abs(steps - frame_ps) <= tolerance
    whole = np.abs(forward - frame_ps * np.maximum(np.round(forward / frame_ps), 1)) <= tolerance
    jumps = np.count_nonzero(~continuous)
    if not whole.all() or 2 * jumps > len(steps):
        return FrameTimes(
            None, one, f"uneven times: {forward.min():g} to {forward.max():g} ps between frames"
        )
    # the mean of all continuous steps averages the rounding of the times
    return FrameTimes(
        float(f"{steps[continuous].mean():.6g}"), np.append(0, np.cumsum(~continuous)), ""
    )
