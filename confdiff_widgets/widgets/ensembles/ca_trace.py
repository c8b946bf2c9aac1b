"""Structures of which only the CA atoms are known, as the viewer can draw them.

N and C go on the straight lines between CA atoms, O onto C: a tube passes through the CA atoms as
it always does, licorice shows the lines, and no hydrogen bond and so no secondary structure is made
up where none is known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...ensembles import EnsembleData
from ...reports import Target

Floats = NDArray[np.float32]


def traced(ca: Floats) -> Floats:
    """CA positions (B, L, 3) in Å as a backbone (B, L, 4, 3) on the lines between them."""
    found = np.repeat(ca[:, :, None], 4, axis=2)
    third = np.diff(ca, axis=1) / 3
    found[:, 1:, 0] -= third
    found[:, :-1, 2] += third
    found[:, :, 3] = found[:, :, 2]
    return found


def drawable(ca: Floats, backbone: Floats | None) -> Floats:
    """The backbone (B, L, 4, 3), or without one the trace of CA positions (B, L, 3), both Å."""
    return traced(ca) if backbone is None else backbone


def folded_of(target: Target) -> Floats:
    """The target's folded structure as the viewer takes it, (L, 4, 3) in Å."""
    whole = target.folded_backbone
    return drawable(target.folded[None], None if whole is None else whole[None])[0]


def frames_of(data: EnsembleData, frames: NDArray[np.int64] | list[int]) -> Floats:
    """Some frames of an ensemble as the viewer takes them, (B, L, 4, 3) in Å."""
    return drawable(data.ca[frames], None if data.backbone is None else data.backbone[frames])
