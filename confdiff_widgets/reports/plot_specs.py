"""What the figures are made of: plotly's descriptions as plain dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import palette
from .evaluate import Evaluation
from .views import View

Spec = dict[str, Any]

LEGEND_BELOW: Spec = {"orientation": "h", "y": -0.22, "x": 0}


@dataclass(frozen=True)
class Figure:
    """One figure: its key, its title, what it says, and plotly's description of it."""

    key: str
    title: str
    about: str
    data: list[Spec]
    layout: Spec
    wide: bool = False


def color(position: int) -> str:
    """Of the ensemble in this place."""
    return palette.conformer(position)


def all_views(evaluation: Evaluation) -> list[tuple[str, View, str]]:
    """Name, view and colour of the reference and of each ensemble."""
    found = [("reference", evaluation.reference, palette.GHOST)]
    return found + [(one.data.name, one.view, color(k)) for k, one in enumerate(evaluation.judged)]


def bars(name: str, x: Sequence[str], y: ArrayLike, error: ArrayLike | None, shade: str) -> Spec:
    bars: Spec = {"type": "bar", "name": name, "x": list(x), "y": rounded(y),
                  "marker": {"color": shade}, "hovertemplate": "%{y:.3f}<extra>" + name
                  + "</extra>"}  # fmt: skip
    if error is not None:
        bars["error_y"] = {"type": "data", "array": rounded(error), "width": 3, "thickness": 1.2,
                           "color": palette.GHOST}  # fmt: skip
    return bars


def plot_layout(x: str, y: str, **more: Any) -> Spec:
    axis = {"zeroline": False}
    return {
        "margin": {"l": 58, "r": 14, "t": 10, "b": 46}, "hovermode": "closest",
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12}, **more,
        "xaxis": {**axis, "title": {"text": x, "standoff": 6}, **more.get("xaxis", {})},
        "yaxis": {**axis, "title": {"text": y, "standoff": 6}, **more.get("yaxis", {})},
    }  # fmt: skip


def rounded(values: ArrayLike, digits: int = 4) -> list:
    """As lists, None where there is no number: JSON knows no NaN."""
    found = np.round(np.asarray(values, dtype=float), digits)
    known = found.astype(object)
    known[~np.isfinite(found)] = None
    return list(known.tolist())
