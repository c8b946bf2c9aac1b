"""The figures of an evaluation, as plotly describes figures: plain dictionaries.

One description serves the HTML report, where plotly.js draws it, and the widgets, where a
FigureWidget does. Colours that depend on the page's theme are left to whoever draws.
"""

from __future__ import annotations

from collections.abc import Callable

from .evaluate import Evaluation
from .plot_specs import Figure
from .shape_figures import contacts, distances, folded_rmsd, rg, rmsf, validity
from .state_figures import efficiency, hardest, plane, populations, profile


def figures(evaluation: Evaluation) -> list[Figure]:
    """All figures that the evaluation has data for."""
    makers: tuple[Callable[[Evaluation], Figure | None], ...] = (
        distances, validity, plane, profile, populations, efficiency, hardest, rg, folded_rmsd,
        rmsf, contacts,
    )  # fmt: skip
    return [figure for make in makers if (figure := make(evaluation)) is not None]
