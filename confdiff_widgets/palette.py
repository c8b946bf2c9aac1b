"""Colours of viewer, plots and tables, chosen for light and dark backgrounds.

A conformer has one colour in the viewer, the plots and the table: `CONFORMERS`, in order. Its
eight colours keep a CIE76 distance of 18 from each other in normal vision and under simulated
(Machado et al. 2009) protanopia and deuteranopia, 15 under tritanopia, and a contrast above 2 with
both backgrounds; Okabe and Ito's eight keep 7, and their yellow and black vanish on one of the two.
"""

from __future__ import annotations

CONFORMERS = (
    "#4d9aff",  # blue
    "#d35f0d",  # orange
    "#41b881",  # green
    "#ba5987",  # rose
    "#d6a800",  # gold
    "#2b5394",  # navy
    "#c888c7",  # lilac
    "#ad2c17",  # brick
)

SEQUENCE = ("#5b5bd6", "#b54fa8", "#e5645f", "#efa13a")
"""From the N to the C terminus."""

MAGNITUDE = ("#8ea3b8", "#d9b15f", "#d1480f")
"""From little (recedes) to much (stands out)."""

HELIX, STRAND, COIL = "#d0447c", "#dba514", "#8795a3"

SURFACE = ((0.0, "#3d4b66"), (0.35, "#6d83a8"), (0.7, "#a9bad3"), (1.0, "#d7e0ec"))
"""Free energy of a reference, low to high: dim enough for points in colour upon it."""

GHOST = "#8a8f98"
"""What is there for comparison only: the folded structure."""

LIGHT_BACKGROUND, DARK_BACKGROUND = "#ffffff", "#111418"


def conformer(index: int) -> str:
    """Colour of conformer ``index``; the ninth has that of the first again."""
    return CONFORMERS[index % len(CONFORMERS)]


def branch(name: str) -> str:
    """Colour of branch A, B, ...: that of the conformer in the same place."""
    return CONFORMERS[(ord(name[0]) - ord("A")) % len(CONFORMERS)]
