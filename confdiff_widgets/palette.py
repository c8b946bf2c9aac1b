"""Colours of the viewer, plots, panels and pages, for light and dark themes.

All colours are defined here. The CSS of the panels is generated from `THEMES` by
js/generate_theme.py, and the HTML templates receive it from Python.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


def translucent(color: str, alpha: float) -> str:
    """Return ``#rrggbb`` with an opacity as CSS."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


@dataclass(frozen=True)
class Theme:
    """Colours that depend on the background.

    Attributes
    ----------
    background, panel : str
        Background of pages, plots and the viewer, and of raised areas.
    text, muted : str
        Text, and text of secondary importance.
    border : str
    accent, on_accent : str
        Primary buttons and focus outlines, and text on them.
    good, warning, bad : str
        Status and messages.
    shadow : str
    plot_text, plot_line, tooltip : str
        Text, axes and grid lines, and tooltips of plots on a page.
    viewer_text : str
        Legend and buttons of the viewer.
    marker_outline, trail : str
        Points of conformers and their paths on the TIC plane.
    """

    background: str
    panel: str
    text: str
    muted: str
    border: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str
    shadow: str
    plot_text: str
    plot_line: str
    tooltip: str
    viewer_text: str
    marker_outline: str
    trail: str


THEMES = {
    "light": Theme(
        background="#ffffff",
        panel="#f5f7f9",
        text="#1c2126",
        muted="#5b6570",
        border="#dfe3e8",
        accent="#2f7fe0",
        on_accent="#ffffff",
        good="#2f9e6b",
        warning="#d6a800",
        bad="#d4543a",
        shadow="rgb(0 0 0 / 28%)",
        plot_text="#3a4048",
        plot_line="#e4e8ec",
        tooltip="#ffffff",
        viewer_text="#3a4048",
        marker_outline="#ffffff",
        trail="rgba(40,48,58,0.35)",
    ),
    "dark": Theme(
        background="#111418",
        panel="#191e24",
        text="#e2e7ec",
        muted="#98a3ae",
        border="#2c343d",
        accent="#5aa2ff",
        on_accent="#0c1116",
        good="#52c48c",
        warning="#d6a800",
        bad="#ff7d61",
        shadow="rgb(0 0 0 / 28%)",
        plot_text="#c9d1d9",
        plot_line="#2c343d",
        tooltip="#191e24",
        viewer_text="#d6dae0",
        marker_outline="#000000",
        trail="rgba(200,208,218,0.45)",
    ),
}
LIGHT, DARK = THEMES["light"], THEMES["dark"]

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
"""Colours of conformers in the viewer, the plots and the table.

They keep a CIE76 distance of 18 from each other in normal vision and under simulated protanopia and
deuteranopia (Machado et al. 2009), 15 under tritanopia, and a contrast above 2 with both
backgrounds. The eight colours of Okabe and Ito keep a distance of 7, and their yellow and black are
invisible on one of the two backgrounds.
"""

SECOND_SEQUENCE = CONFORMERS[7]
"""A sequence that is compared with the first, unlike the first branches of that."""

SEQUENCE = ("#5b5bd6", "#b54fa8", "#e5645f", "#efa13a")
"""Scale from the N to the C terminus."""

MAGNITUDE = ("#8ea3b8", "#d9b15f", "#d1480f")
"""Scale from small to large values."""

HELIX, STRAND, COIL = "#d0447c", "#dba514", "#8795a3"

SURFACE = ((0.0, "#3d4b66"), (0.35, "#6d83a8"), (0.7, "#a9bad3"), (1.0, "#d7e0ec"))
"""Free energy of a reference, low to high; muted, so that coloured points on it stand out."""

ARROWS = ("#000000", "#ffffff")
"""Forces in the viewer, in the light and the dark theme; unlike any conformer."""

GHOST = "#8a8f98"
"""References: the folded structure in the viewer, and the reference's curves."""

NEUTRAL_TEXT = "#7d8590"
"""Text of plots that do not follow the theme; readable on both backgrounds."""
GRID = translucent("#8c96a5", 0.18)
"""Axes and grid lines on both backgrounds."""
TRANSPARENT = "rgba(0,0,0,0)"
DIVERGING = ((0.0, "#c2541b"), (0.5, translucent("#8c96a5", 0.12)), (1.0, LIGHT.accent))
"""Scale of differences, negative to positive."""
SELECTION = "#e4572e"
"""Outline of the selected cell of a sweep."""

PRINT_TEXT, PRINT_MUTED, PRINT_LINE = "#20262d", "#5d6874", "#c3cad2"
"""Text, secondary text and lines of figures in files, which are light."""
BAND = translucent("#8c96a5", 0.22)
"""Range of a reference in a plot, on both backgrounds."""
PARETO_FRONT = "#555555"


def conformer(index: int) -> str:
    """Return the colour of a conformer; the ninth has the colour of the first."""
    return CONFORMERS[index % len(CONFORMERS)]


def branch(name: str) -> str:
    """Return the colour of branch A, B, ...: that of conformer 0, 1, ..."""
    return conformer(ord(name[0]) - ord("A"))


def css_variables(theme: Theme, prefix: str = "--") -> str:
    """Return the declarations of a theme's CSS variables, one on each line."""
    return "\n".join(
        f"  {prefix}{name.replace('_', '-')}: {color};" for name, color in asdict(theme).items()
    )


def page_css() -> str:
    """Return the CSS variables of a page that follows the browser's colour scheme."""
    return (
        f":root {{\n{css_variables(LIGHT)}\n}}\n"
        f"@media (prefers-color-scheme: dark) {{\n:root {{\n{css_variables(DARK)}\n}}\n}}"
    )


def themes_json() -> str:
    """Return the themes as JSON, for scripts."""
    return json.dumps({name: asdict(theme) for name, theme in THEMES.items()})
