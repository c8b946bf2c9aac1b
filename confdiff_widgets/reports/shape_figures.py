"""Figures of metrics and shape: distances, validity, size, fluctuations and contacts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .. import palette
from ..analysis import pair_indices
from ..analysis.features import MIN_SEPARATION
from .ensemble_statistics import EnsembleStatistics
from .evaluation import Evaluation
from .plot_specs import (
    LEGEND_BELOW,
    Figure,
    Spec,
    all_statistics,
    bars,
    plot_layout,
    rounded,
)

JS_METRICS = ("js_pwd", "js_rg", "js_tic", "js_tic2d")
FRACTIONS = ("folded", "val_clash", "val_bond", "val_backbone")
HISTOGRAM_BINS = 60

DIVERGING = [list(stop) for stop in palette.DIVERGING]
"""Fewer contacts, no difference (transparent), more contacts than the reference."""


def distances(evaluation: Evaluation) -> Figure:
    """Plot Jensen–Shannon distances with their intervals and both baselines."""
    keys = [
        key for key in JS_METRICS if any(m.key == key for m in evaluation.ensembles[0].comparison)
    ]
    labels = [evaluation.ensembles[0].comparison[key].info.label for key in keys]
    data = []
    for k, one in enumerate(evaluation.ensembles):
        found = [one.comparison[key] for key in keys]
        error = [[m.value - m.low for m in found], [m.high - m.value for m in found]]
        data.append(bars(one.data.name, labels, [m.value for m in found], error,
                          palette.conformer(k)))  # fmt: skip
        data.append(
            {
                "type": "bar", "name": "sampling baseline (outline)", "x": labels,
                "y": rounded([m.baseline_mean for m in found]),
                "marker": {"color": palette.TRANSPARENT, "line": {"color": palette.conformer(k),
                                                            "width": 1.5}},
                "showlegend": k == 0, "hovertemplate": "%{y:.3f}<extra>sampling baseline</extra>",
            }
        )  # fmt: skip
    single_structure = [evaluation.ensembles[0].comparison[key].single_structure for key in keys]
    data.append(
        {
            "type": "scatter", "mode": "markers", "name": "single structure", "x": labels,
            "y": rounded(single_structure),
            "hovertemplate": "%{y:.3f}<extra>single structure</extra>",
            "marker": {"symbol": "line-ew-open", "size": 34, "color": palette.GHOST,
                       "line": {"width": 2}},
        }
    )  # fmt: skip
    return Figure(
        "distances", "Jensen–Shannon distances",
        "Bars: each ensemble with its 95 % interval. Outlines: sampling baseline, expected of a "
        "perfect sampler with as many frames. Dashes: single-structure baseline, the folded "
        "structure repeated. The largest possible distance is 0.833.",
        data, plot_layout("", "Distance", barmode="group", yaxis={"rangemode": "tozero"}),
    )  # fmt: skip


def rg(evaluation: Evaluation) -> Figure:
    """Plot the distribution of the radius of gyration."""
    return _histograms(
        evaluation, lambda found: found.rg, "rg", "Radius of gyration", "Radius of gyration (Å)", ""
    )


def folded_rmsd(evaluation: Evaluation) -> Figure:
    """Plot the distribution of the CA-RMSD to the folded structure."""
    return _histograms(
        evaluation, lambda found: found.folded_rmsd, "folded_rmsd", "RMSD to the folded structure",
        "CA-RMSD (Å)", f"Folded frames are below {evaluation.target.folded_cutoff:g} Å.",
    )  # fmt: skip


def rmsf(evaluation: Evaluation) -> Figure:
    """Plot the root-mean-square fluctuation of each residue."""
    residues = evaluation.target.labels
    data = [
        {
            "type": "scatter", "mode": "lines+markers", "name": name, "x": residues,
            "y": rounded(found.rmsf), "line": {"color": colour},
            "marker": {"color": colour, "size": 5},
        }
        for name, found, colour in all_statistics(evaluation)
    ]  # fmt: skip
    return Figure(
        "rmsf", "RMSF",
        "Root-mean-square fluctuation of each CA about the ensemble's mean, after superposition on "
        "the folded structure.",
        data, plot_layout("Residue", "RMSF (Å)", legend=LEGEND_BELOW,
                      yaxis={"rangemode": "tozero"}),
    )  # fmt: skip


def contacts(evaluation: Evaluation) -> Figure:
    """Plot contact rates of the reference below the diagonal, and differences above."""
    length = len(evaluation.target.sequence)
    i, j = pair_indices(length, MIN_SEPARATION)
    data: list[Spec] = []
    buttons = []
    residues = evaluation.target.labels
    for k, one in enumerate(evaluation.ensembles):
        table = np.full((length, length), np.nan)
        table[j, i] = evaluation.reference.contacts
        table[i, j] = one.statistics.contacts - evaluation.reference.contacts
        data.append(
            {
                "type": "heatmap", "z": rounded(table), "x": residues, "y": residues,
                "zmin": -1, "zmax": 1, "colorscale": DIVERGING, "visible": k == 0,
                "name": one.data.name,
                "hovertemplate": "%{y} – %{x}: %{z:+.2f}<extra>" + one.data.name + "</extra>",
                "colorbar": {"thickness": 12, "outlinewidth": 0},
            }
        )  # fmt: skip
        visible = [n == k for n in range(len(evaluation.ensembles))]
        buttons.append({"label": one.data.name, "method": "restyle",
                        "args": [{"visible": visible}]})  # fmt: skip
    layout = plot_layout("Residue", "Residue", yaxis={"autorange": "reversed", "scaleanchor": "x"},
                     xaxis={"constrain": "domain"})  # fmt: skip
    if len(buttons) > 1:
        layout["updatemenus"] = [
            {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"}
        ]
        layout["margin"] = {**layout["margin"], "t": 44}
    return Figure(
        "contacts", "Contacts",
        "Contacts: CA–CA distance below 10 Å, pairs with |i − j| ≥ 3. Below the diagonal: contact "
        "rates of the reference. Above the diagonal: the ensemble minus the reference.",
        data, layout,
    )  # fmt: skip


def validity(evaluation: Evaluation) -> Figure:
    """Plot the fractions of valid and of folded frames."""
    first = evaluation.ensembles[0].comparison
    keys = [metric.key for metric in first if metric.key in FRACTIONS]
    labels = [first[key].info.label for key in keys]
    data = [bars("reference", labels, [first[key].reference for key in keys], None,
                  palette.GHOST)]  # fmt: skip
    for k, one in enumerate(evaluation.ensembles):
        found = [one.comparison[key] for key in keys]
        error = [[m.value - m.low for m in found], [m.high - m.value for m in found]]
        data.append(bars(one.data.name, labels, [m.value for m in found], error,
                          palette.conformer(k)))  # fmt: skip
    return Figure(
        "validity", "Validity",
        "Val-clash: frames without CA pairs below 3.0 Å. Val-bond: frames without neighbouring CA "
        "atoms more than 4.2 Å apart. Val-backbone: frames without N, CA, C or O atoms of residues "
        "with |i − j| ≥ 2 closer than 2.5 Å. Folded: frames with a CA-RMSD to the folded structure "
        f"below {evaluation.target.folded_cutoff:g} Å. Error bars: 95 % intervals.",
        data, plot_layout("", "Fraction of frames", barmode="group", legend=LEGEND_BELOW,
                      yaxis={"range": [0, 1.05]}),
    )  # fmt: skip


def _histograms(
    evaluation: Evaluation,
    values: Callable[[EnsembleStatistics], NDArray],
    key: str,
    title: str,
    axis: str,
    caption: str,
) -> Figure:
    pooled = np.concatenate([values(found) for _, found, _ in all_statistics(evaluation)])
    low, high = np.quantile(pooled, [0.0005, 0.9995])
    edges = np.linspace(low, max(high, low + 1e-3), HISTOGRAM_BINS + 1)
    data = []
    for name, found, colour in all_statistics(evaluation):
        counts, _ = np.histogram(values(found), edges)
        density = counts / len(values(found)) / np.diff(edges)
        data.append(
            {
                "type": "scatter", "mode": "lines", "name": name,
                "x": rounded((edges[1:] + edges[:-1]) / 2), "y": rounded(density),
                "line": {"color": colour, "shape": "hvh",
                         "width": 2.5 if name == "reference" else 1.5},
                **({"fill": "tozeroy", "fillcolor": palette.translucent(palette.GHOST, 0.18)}
                   if name == "reference" else {}),
            }
        )  # fmt: skip
    caption = f"{caption} The lowest and the highest 0.05 % of the values are not shown.".strip()
    layout = plot_layout(axis, "Density (1/Å)", legend=LEGEND_BELOW)
    return Figure(key, title, caption, data, layout)
