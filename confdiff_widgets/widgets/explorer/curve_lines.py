"""Lines of the curves, and those of values that are known for every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...live.branch import Branch
from ...live.step_values import StepValues

MAX_POINTS = 400
"""Maximum number of points of a curve; longer runs are thinned."""

QUANTILES = (0.1, 0.9)
"""Quantiles over the conformers that enclose a mean."""


@dataclass(frozen=True)
class Line:
    """One line and its style.

    Attributes
    ----------
    x, y : array_like
    branch : int
        Index of the branch, which decides the colour.
    dash, width, name
        Style and name, as in plotly.
    markers : bool
        Draw points instead of a line.
    symbol : str
        Symbol of the points, as in plotly.
    values : ndarray, optional
        Values of points that are drawn at another y; shown on hover.
    conformers : ndarray of int, optional
        Conformer of each point.
    """

    x: ArrayLike
    y: ArrayLike
    branch: int
    dash: str = "solid"
    width: float = 2.0
    name: str = ""
    markers: bool = False
    symbol: str = "circle"
    values: NDArray[np.float64] | None = None
    conformers: NDArray[np.int64] | None = None


def lines_of_values(
    branches: Sequence[Branch], values: Callable[[StepValues], ArrayLike | None], name: str
) -> list[Line]:
    """Return the mean of a value in each step of each branch, and quantiles for the first one.

    Parameters
    ----------
    branches : sequence of Branch
    values : callable
        Returns the values (B,) of a step, or None.
    name : str
        What the values are, for the tooltips.
    """
    lines = []
    for number, branch in enumerate(branches):
        found = [(step, values(known)) for step, known in sorted(branch.values.copy().items())]
        known = [(step, np.asarray(batch)) for step, batch in found if batch is not None]
        if not known:
            continue
        known = known[:: max(1, len(known) // MAX_POINTS)]
        steps = np.array([step for step, _ in known], dtype=np.float32)
        batches = [batch for _, batch in known]
        mean = np.array([batch.mean() for batch in batches], dtype=np.float32)
        lines.append(Line(steps, mean, number, name=f"{branch.title}: mean {name}"))
        if number:
            continue
        for quantile in QUANTILES:
            y = np.array([np.quantile(batch, quantile) for batch in batches], dtype=np.float32)
            title = f"{branch.title}: {name}, {quantile:.0%} quantile"
            lines.append(Line(steps, y, number, "dot", 1, title))
    return lines
