"""Figures of what conformers look like: distances, sizes, fluctuations, contacts, flaws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .. import palette
from ..analysis import pair_indices
from ..analysis.features import MIN_SEPARATION
from .evaluate import Evaluation
from .plot_specs import (
    LEGEND_BELOW,
    Figure,
    Spec,
    all_views,
    bars,
    color,
    plot_layout,
    rounded,
)
from .views import View

JS = ("js_pwd", "js_rg", "js_tic", "js_tic2d")
FRACTIONS = ("val_clash", "val_bond", "folded")
MOST_BINS = 60

DIVERGING = [[0, "#c2541b"], [0.5, "rgba(140,150,165,0.12)"], [1, "#2f7fe0"]]
"""Fewer contacts, no difference (the page shows through), more."""


def distances(evaluation: Evaluation) -> Figure:
    """Jensen–Shannon distances with intervals, floors and the static baseline."""
    keys = [key for key in JS if any(m.key == key for m in evaluation.judged[0].comparison)]
    labels = [evaluation.judged[0].comparison[key].about.label for key in keys]
    data = []
    for k, one in enumerate(evaluation.judged):
        found = [one.comparison[key] for key in keys]
        data.append(bars(one.data.name, labels, [m.value for m in found],
                          [m.value - m.low for m in found], color(k)))  # fmt: skip
        data.append(
            {
                "type": "bar", "name": f"floor of {one.data.name}", "x": labels,
                "y": rounded([m.floor_mean for m in found]),
                "marker": {"color": "rgba(0,0,0,0)", "line": {"color": color(k), "width": 1.5}},
                "showlegend": k == 0, "hovertemplate": "%{y:.3f}<extra>floor</extra>",
            }
        )  # fmt: skip
        data[-1]["name"] = "floor (outline)"
    static = [evaluation.judged[0].comparison[key].static for key in keys]
    data.append(
        {
            "type": "scatter", "mode": "markers", "name": "static", "x": labels,
            "y": rounded(static), "hovertemplate": "%{y:.3f}<extra>static</extra>",
            "marker": {"symbol": "line-ew-open", "size": 34, "color": palette.GHOST,
                       "line": {"width": 2}},
        }
    )  # fmt: skip
    return Figure(
        "distances", "Jensen–Shannon distances",
        "Bars: each ensemble with its 95 % interval; outlined: its floor, what as many frames of "
        "the reference score; dashes: the folded structure repeated. At most 0.833.",
        data, plot_layout("", "distance", barmode="group", yaxis={"rangemode": "tozero"}),
    )  # fmt: skip


def rg(evaluation: Evaluation) -> Figure:
    """Distribution of the radius of gyration."""
    return _histograms(evaluation, lambda view: view.rg, "rg", "Radius of gyration", "Rg (Å)", "")


def folded_rmsd(evaluation: Evaluation) -> Figure:
    """Distribution of the CA-RMSD to the folded structure."""
    return _histograms(
        evaluation, lambda view: view.folded_rmsd, "folded_rmsd", "RMSD to the folded structure",
        "CA-RMSD (Å)", f"Folded: below {evaluation.settings.folded_cutoff:g} Å.",
    )  # fmt: skip


def rmsf(evaluation: Evaluation) -> Figure:
    """Fluctuation of each residue."""
    residues = evaluation.target.labels
    data = [
        {
            "type": "scatter", "mode": "lines+markers", "name": name, "x": residues,
            "y": rounded(view.rmsf), "line": {"color": shade}, "marker": {"color": shade,
                                                                          "size": 5},
        }
        for name, view, shade in all_views(evaluation)
    ]  # fmt: skip
    return Figure(
        "rmsf", "RMSF",
        "Root-mean-square fluctuation of each CA about the ensemble's mean, after superposition on "
        "the folded structure.",
        data, plot_layout("", "RMSF (Å)", legend=LEGEND_BELOW, yaxis={"rangemode": "tozero"}),
    )  # fmt: skip


def contacts(evaluation: Evaluation) -> Figure:
    """Contact rates: the reference's below the diagonal, differences from it above."""
    length = len(evaluation.target.sequence)
    i, j = pair_indices(length, MIN_SEPARATION)
    data: list[Spec] = []
    buttons = []
    residues = evaluation.target.labels
    for k, one in enumerate(evaluation.judged):
        table = np.full((length, length), np.nan)
        table[j, i] = evaluation.reference.contacts
        table[i, j] = one.view.contacts - evaluation.reference.contacts
        data.append(
            {
                "type": "heatmap", "z": rounded(table), "x": residues, "y": residues,
                "zmin": -1, "zmax": 1, "colorscale": DIVERGING, "visible": k == 0,
                "name": one.data.name,
                "hovertemplate": "%{y} – %{x}: %{z:+.2f}<extra>" + one.data.name + "</extra>",
                "colorbar": {"thickness": 12, "outlinewidth": 0},
            }
        )  # fmt: skip
        shown = [n == k for n in range(len(evaluation.judged))]
        buttons.append({"label": one.data.name, "method": "restyle",
                        "args": [{"visible": shown}]})  # fmt: skip
    layout = plot_layout("", "", yaxis={"autorange": "reversed", "scaleanchor": "x"},
                     xaxis={"constrain": "domain"})  # fmt: skip
    if len(buttons) > 1:
        layout["updatemenus"] = [
            {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"}
        ]
        layout["margin"] = {**layout["margin"], "t": 44}
    return Figure(
        "contacts", "Contacts",
        "Contact: CA–CA below 10 Å, pairs with |i − j| ≥ 3. Below the diagonal the reference's "
        "rates, above it the ensemble's minus the reference's.",
        data, layout,
    )  # fmt: skip


def validity(evaluation: Evaluation) -> Figure:
    """Fractions of sound and of folded frames."""
    first = evaluation.judged[0].comparison
    labels = [first[key].about.label for key in FRACTIONS]
    data = [bars("reference", labels, [first[key].reference for key in FRACTIONS], None,
                  palette.GHOST)]  # fmt: skip
    for k, one in enumerate(evaluation.judged):
        found = [one.comparison[key] for key in FRACTIONS]
        data.append(bars(one.data.name, labels, [m.value for m in found],
                          [m.value - m.low for m in found], color(k)))  # fmt: skip
    return Figure(
        "validity", "Validity",
        "Val-clash: frames with no CA pair below 3.0 Å; Val-bond: none with neighbouring CA atoms "
        "beyond 4.2 Å; folded: frames near the folded structure. 95 % intervals.",
        data, plot_layout("", "fraction of frames", barmode="group", legend=LEGEND_BELOW,
                      yaxis={"range": [0, 1.05]}),
    )  # fmt: skip


def _histograms(
    evaluation: Evaluation,
    values: Callable[[View], NDArray],
    key: str,
    title: str,
    axis: str,
    about: str,
) -> Figure:
    everything = np.concatenate([values(view) for _, view, _ in all_views(evaluation)])
    low, high = np.quantile(everything, [0.0005, 0.9995])
    edges = np.linspace(low, max(high, low + 1e-3), MOST_BINS + 1)
    data = []
    for name, view, shade in all_views(evaluation):
        counted, _ = np.histogram(values(view), edges)
        density = counted / len(values(view)) / np.diff(edges)
        data.append(
            {
                "type": "scatter", "mode": "lines", "name": name,
                "x": rounded((edges[1:] + edges[:-1]) / 2), "y": rounded(density),
                "line": {"color": shade, "shape": "hvh",
                         "width": 2.5 if name == "reference" else 1.5},
                **({"fill": "tozeroy", "fillcolor": "rgba(138,143,152,0.18)"}
                   if name == "reference" else {}),
            }
        )  # fmt: skip
    said = f"{about} Values far out, 0.05 % at each end, are not drawn.".strip()
    return Figure(key, title, said, data, plot_layout(axis, "density (1/Å)", legend=LEGEND_BELOW))
