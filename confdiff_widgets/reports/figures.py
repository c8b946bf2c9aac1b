"""Registry of the figures of an evaluation, as plotly specifications (plain dictionaries).

plotly.js renders them in the HTML report and a FigureWidget in the notebook. The renderer sets the
colours that depend on the theme of the page. Add a figure by adding its function to `FIGURES`.
"""

from __future__ import annotations

from collections.abc import Callable

from .evaluation import Evaluation
from .plot_specs import Figure
from .shape_figures import contacts, distances, folded_rmsd, rg, rmsf, validity
from .state_figures import efficiency, hardest, plane, populations, profile

FIGURES: tuple[Callable[[Evaluation], Figure | None], ...] = (
    distances, validity, plane, profile, populations, efficiency, hardest, rg, folded_rmsd, rmsf,
    contacts,
)  # fmt: skip
"""Functions that return a figure, or None if the evaluation has no data for it."""


def figures(evaluation: Evaluation) -> list[Figure]:
    """Make all figures for which the evaluation has data."""
    return [figure for make in FIGURES if (figure := make(evaluation)) is not None]
