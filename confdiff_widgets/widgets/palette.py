"""The palette, where the widgets look for it."""

from __future__ import annotations

from ..palette import (
    COIL,
    CONFORMERS,
    DARK_BACKGROUND,
    GHOST,
    HELIX,
    LIGHT_BACKGROUND,
    MAGNITUDE,
    SEQUENCE,
    STRAND,
    SURFACE,
    branch,
    conformer,
)

__all__ = [
    "COIL",
    "CONFORMERS",
    "DARK_BACKGROUND",
    "GHOST",
    "HELIX",
    "LIGHT_BACKGROUND",
    "MAGNITUDE",
    "SEQUENCE",
    "STRAND",
    "SURFACE",
    "branch",
    "conformer",
]
