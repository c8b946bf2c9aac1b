"""Building blocks of the figures of an evaluation: plotly specifications as plain dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import palette
from .ensemble_statistics import EnsembleStatistics
from .evaluation import Evaluation

Spec = dict[str, Any]

LEGEND_BELOW: Spec = {"orientation": "h", "y": -0.22, "x": 0}


@dataclass(frozen=True)
class Figure:
    """A figure with its key, title, caption and plotly specification."""

    key: str
    title: str
    caption: str
    data: list[Spec]
    layout: Spec
    wide: bool = False


def all_statistics(evaluation: Evaluation) -> list[tuple[str, EnsembleStatistics, str]]:
    """Return name, statistics and colour of the reference and of each ensemble."""
    found = [("reference", evaluation.reference, palette.GHOST)]
    return found + [
        (one.data.name, one.statistics, palette.conformer(k))
        for k, one in enumerate(evaluation.ensembles)
    ]


def bars(name: str, x: Sequence[str], y: ArrayLike, error: ArrayLike | None, colour: str) -> Spec:
    """Return a bar trace with error bars (n,), or (2, n) downwards and upwards."""
    bars: Spec = {"type": "bar", "name": name, "x": list(x), "y": rounded(y),
                  "marker": {"color": colour}, "hovertemplate": "%{y:.3f}<extra>" + name
                  + "</extra>"}  # fmt: skip
    if error is not None:
        down, *_, up = (error, error) if np.ndim(error) == 1 else np.asarray(error)
        bars["error_y"] = {"type": "data", "symmetric": False, "array": rounded(up),
                           "arrayminus": rounded(down), "width": 3, "thickness": 1.2,
                           "color": palette.GHOST}  # fmt: skip
    return bars


def plot_layout(x: str, y: str, **more: Any) -> Spec:
    """Return a layout with these axis titles; colours of the theme are set by the renderer."""
    axis = {"zeroline": False}
    return {
        "margin": {"l": 58, "r": 14, "t": 10, "b": 46}, "hovermode": "closest",
        "paper_bgcolor": palette.TRANSPARENT, "plot_bgcolor": palette.TRANSPARENT,
        "font": {"size": 12}, **more,
        "xaxis": {**axis, "title": {"text": x, "standoff": 6}, **more.get("xaxis", {})},
        "yaxis": {**axis, "title": {"text": y, "standoff": 6}, **more.get("yaxis", {})},
    }  # fmt: skip


def rounded(values: ArrayLike, digits: int = 4) -> list:
    """Convert values to nested lists, with None for NaN, which JSON does not support."""
    found = np.round(np.asarray(values, dtype=float), digits)
    known = found.astype(object)
    known[~np.isfinite(found)] = None
    return list(known.tolist())
