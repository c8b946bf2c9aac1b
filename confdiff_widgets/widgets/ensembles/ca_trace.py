"""Traces of structures with CA atoms only, in the form that the viewer draws.

N and C are placed on the straight lines between CA atoms, O on C. A tube then passes through the CA
atoms as usual, licorice shows the lines, and no hydrogen bond, hence no secondary structure, is
invented.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...ensembles import EnsembleData
from ...reports import Target

Floats = NDArray[np.float32]


def traced(ca: Floats) -> Floats:
    """Return CA positions (B, L, 3) in Å as a backbone (B, L, 4, 3) on the lines between them."""
    found = np.repeat(ca[:, :, None], 4, axis=2)
    third = np.diff(ca, axis=1) / 3
    found[:, 1:, 0] -= third
    found[:, :-1, 2] += third
    found[:, :, 3] = found[:, :, 2]
    return found


def drawable(ca: Floats, backbone: Floats | None) -> Floats:
    """Return the backbone (B, L, 4, 3), or the trace of CA positions (B, L, 3) without one; Å."""
    return traced(ca) if backbone is None else backbone


def folded_of(target: Target) -> Floats:
    """Return the target's folded structure for the viewer, (L, 4, 3) in Å."""
    backbone = target.folded_backbone
    return drawable(target.folded[None], None if backbone is None else backbone[None])[0]


def frames_of(data: EnsembleData, frames: NDArray[np.int64] | list[int]) -> Floats:
    """Return frames of an ensemble for the viewer, (B, L, 4, 3) in Å."""
    return drawable(data.ca[frames], None if data.backbone is None else data.backbone[frames])
