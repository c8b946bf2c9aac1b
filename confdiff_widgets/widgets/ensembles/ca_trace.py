"""Backbones for the viewer, including traces of structures with CA atoms only.

In a trace, N and C are on the straight lines between CA atoms, and O is at C. Tubes then pass
through the CA atoms, licorice shows the lines, and no secondary structure is detected.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...ensembles import EnsembleData
from ...reports import Target

Floats = NDArray[np.float32]


def trace(ca: Floats) -> Floats:
    """Return CA positions (B, L, 3) in Å as a backbone (B, L, 4, 3) on the lines between them."""
    backbone = np.repeat(ca[:, :, None], 4, axis=2)
    third = np.diff(ca, axis=1) / 3
    backbone[:, 1:, 0] -= third
    backbone[:, :-1, 2] += third
    backbone[:, :, 3] = backbone[:, :, 2]
    return backbone


def backbone_or_trace(ca: Floats, backbone: Floats | None) -> Floats:
    """Return the backbone (B, L, 4, 3), or the trace of CA positions (B, L, 3) without one; Å."""
    return trace(ca) if backbone is None else backbone


def folded_backbone(target: Target) -> Floats:
    """Return the target's folded structure for the viewer, (L, 4, 3) in Å."""
    backbone = target.folded_backbone
    return backbone_or_trace(target.folded[None], None if backbone is None else backbone[None])[0]


def frame_backbones(data: EnsembleData, frames: NDArray[np.int64] | list[int]) -> Floats:
    """Return frames of an ensemble for the viewer, (B, L, 4, 3) in Å."""
    return backbone_or_trace(
        data.ca[frames], None if data.backbone is None else data.backbone[frames]
    )
