"""Figures of where ensembles are: TIC plane, free energy, states, sampling efficiency."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import palette
from ..analysis import distance_correlations, free_energy, pair_indices
from .evaluate import Evaluation, Judgement
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

MOST_POINTS = 1500
"""Points of one ensemble on the TIC plane."""


def plane(evaluation: Evaluation) -> Figure | None:
    """Ensembles as points on the reference's free energy."""
    reference = evaluation.reference
    if reference.surface is None:
        return None
    surface = reference.surface
    x, y = ((e[1:] + e[:-1]) / 2 for e in (surface.x_edges, surface.y_edges))
    data: list[Spec] = [
        {
            "type": "heatmap", "x": rounded(x), "y": rounded(y),
            "z": rounded(surface.values.T, 2), "customdata": rounded(surface.errors.T, 2),
            "colorscale": [list(stop) for stop in palette.SURFACE], "name": "reference",
            "hovertemplate": "F %{z:.2f} ± %{customdata:.2f} kcal/mol<extra>reference</extra>",
            "colorbar": {"title": {"text": "F (kcal/mol)", "side": "right"}, "thickness": 12,
                         "outlinewidth": 0},
        }
    ]  # fmt: skip
    for k, one in enumerate(evaluation.judged):
        data.append(points(one, k))
    if evaluation.middles is not None and reference.tics is not None:
        at = reference.tics[evaluation.middles]
        data.append(
            {
                "type": "scatter", "mode": "markers+text", "name": "states",
                "x": rounded(at[:, 0]), "y": rounded(at[:, 1]),
                "text": [str(s + 1) for s in range(len(at))], "textfont": {"color": "#fff"},
                "marker": {"size": 19, "color": "#20262d", "line": {"width": 1.5, "color": "#fff"}},
                "hovertemplate": "state %{text}<extra></extra>",
            }
        )  # fmt: skip
    return Figure(
        "plane", "TIC plane",
        f"Free energy of the {len(evaluation.target.ca)} reference frames at "
        f"{evaluation.target.temperature:g} K, with its error under the mouse; points: at most "
        f"{MOST_POINTS} frames of each ensemble; numbers: metastable states of the reference. "
        + tic_meaning(evaluation),
        data, plot_layout("TIC 1", "TIC 2", legend=LEGEND_BELOW), wide=True,
    )  # fmt: skip


def shown_frames(count: int) -> NDArray[np.int64]:
    """Numbers of the frames of an ensemble that the plane shows, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))


def points(one: Judgement, position: int) -> Spec:
    """An ensemble on the TIC plane."""
    assert one.view.tics is not None
    which = shown_frames(len(one.data))
    x, y = one.view.tics[which].T
    return {
        "type": "scatter", "mode": "markers", "name": one.data.name,
        "x": rounded(x), "y": rounded(y), "customdata": which.tolist(),
        "marker": {"size": 5, "color": color(position), "opacity": 0.75},
        "hovertemplate": "frame %{customdata}<extra>" + one.data.name + "</extra>",
    }  # fmt: skip


def tic_meaning(evaluation: Evaluation) -> str:
    """Time scales of the TICs, and the distances that they follow."""
    target = evaluation.target
    if target.tica is None:
        return ""
    thin = max(1, len(target.ca) // 20_000)
    correlation = distance_correlations(target.tica, target.ca[::thin])
    i, j = pair_indices(len(target.sequence))
    told = []
    for tic in range(2):
        strongest = np.argsort(-np.abs(correlation[:, tic]))[:3]
        pairs = ", ".join(
            f"{target.labels[i[p]]}–{target.labels[j[p]]} ({correlation[p, tic]:+.2f})"
            for p in strongest
        )
        told.append(
            f"TIC {tic + 1}: implied time scale {target.tica.timescales_ps[tic] / 1000:.2g} ns at "
            f"the lag of {target.tica.lag_ps:g} ps; correlates most with the CA distances {pairs}."
        )
    return " ".join(told)


def profile(evaluation: Evaluation) -> Figure | None:
    """Free energy along TIC 1 with error bars."""
    reference, target = evaluation.reference, evaluation.target
    if reference.surface is None or reference.tics is None:
        return None
    edges = reference.surface.x_edges[::2]
    everything = np.array([-np.inf, np.inf])
    shown: list[tuple[str, NDArray, str, NDArray | None]] = [
        ("reference", reference.tics, palette.GHOST, target.trajectory)
    ]
    for k, one in enumerate(evaluation.judged):
        assert one.view.tics is not None
        shown.append((one.data.name, one.view.tics, color(k), None))
    data = []
    for name, tics, shade, trajectory in shown:
        inside = (tics[:, 0] >= edges[0]) & (tics[:, 0] <= edges[-1])
        if not inside.any():
            continue
        several = trajectory is not None and len(np.unique(trajectory[inside])) > 1
        found = free_energy(
            tics[inside],
            temperature_k=target.temperature,
            bins=(edges, everything),
            trajectory=trajectory[inside] if several and trajectory is not None else None,
        )
        data.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": name,
                "x": rounded((edges[1:] + edges[:-1]) / 2), "y": rounded(found.values[:, 0]),
                "error_y": {"type": "data", "array": rounded(found.errors[:, 0]), "width": 2,
                            "thickness": 1, "color": shade},
                "line": {"color": shade, "width": 2.5 if name == "reference" else 1.5},
                "marker": {"color": shade, "size": 5},
            }
        )  # fmt: skip
    return Figure(
        "profile", "Free energy along TIC 1",
        "−kT ln p with one standard error: of the reference from the spread of its trajectories, "
        "of ensembles from the number of frames.",
        data, plot_layout("TIC 1", "F (kcal/mol)", legend=LEGEND_BELOW),
    )  # fmt: skip


def populations(evaluation: Evaluation) -> Figure | None:
    """Metastable states and how often each ensemble is in them."""
    states = evaluation.states
    if states is None:
        return None
    labels = [f"state {s + 1}" for s in range(len(states))]
    data = [bars("reference", labels, states.population, 1.96 * states.population_error,
                  palette.GHOST)]  # fmt: skip
    for k, one in enumerate(evaluation.judged):
        assert one.view.population is not None and one.view.population_error is not None
        data.append(bars(one.data.name, labels, one.view.population,
                          1.96 * one.view.population_error, color(k)))  # fmt: skip
    if states.method == "msm":
        assert states.timescales_ps is not None
        slow = ", ".join(f"{t / 1000:.2g}" for t in states.timescales_ps)
        how = (
            f"Markov state model of the reference on TICs 1 and 2, lag {states.lag_ps:g} ps, "
            f"lumped by PCCA+; its slowest time scales {slow} ns."
        )
    else:
        how = (
            "Gaussian mixture on TICs 1 and 2: the reference's frames are not continuous in time, "
            "or too few, so that no Markov model can be had."
        )
    return Figure(
        "populations", "Metastable states",
        f"{how} Bars: fraction of the frames in each state, 95 % intervals (reference: over its "
        "trajectories).",
        data, plot_layout("", "population", barmode="group", legend=LEGEND_BELOW),
    )  # fmt: skip


def efficiency(evaluation: Evaluation) -> Figure | None:
    """RMSDens against the number of samples."""
    if evaluation.known is None or evaluation.static_rmsd is None:
        return None
    return Figure(
        "efficiency", "Sampling efficiency",
        f"RMSDens: mean over {len(evaluation.known.names)} states ({evaluation.known.origin}) of "
        "the best CA-RMSD among N samples, mean ± sd over random subsets; all samples have no "
        "spread. The reference's own frames are the floor, the folded structure alone is the "
        "static baseline.",
        _curves(evaluation, None, float(evaluation.static_rmsd.mean())),
        plot_layout("samples", "RMSDens (Å)", xaxis=_LOG, legend=LEGEND_BELOW),
    )  # fmt: skip


def hardest(evaluation: Evaluation) -> Figure | None:
    """Best RMSD to the state that even the reference comes least near to."""
    reference, static = evaluation.reference.recovery, evaluation.static_rmsd
    if reference is None or static is None:
        return None
    state = reference.hardest
    name = reference.names[state]
    return Figure(
        "hardest", f"Hardest state: {name}",
        f"Best CA-RMSD to {name} among N samples, mean ± sd over random subsets. It is the state "
        "that as many frames of the reference come least near to.",
        _curves(evaluation, state, float(static[state])),
        plot_layout("samples", "best CA-RMSD (Å)", xaxis=_LOG, legend=LEGEND_BELOW),
    )  # fmt: skip


_LOG = {"type": "log", "dtick": 1}


def _curves(evaluation: Evaluation, state: int | None, static: float) -> list[Spec]:
    """Of one state, or the mean over all; the reference, each ensemble, the static baseline."""
    data = []
    for name, view, shade in all_views(evaluation):
        recovery = view.recovery
        assert recovery is not None  # as the reference's
        y = recovery.ensemble if state is None else recovery.best[:, state]
        sd = recovery.ensemble_sd if state is None else recovery.best_sd[:, state]
        data.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": name,
                "x": recovery.sizes.tolist(), "y": rounded(y),
                "error_y": {"type": "data", "array": rounded(sd), "width": 2, "thickness": 1,
                            "color": shade},
                "line": {"color": shade}, "marker": {"color": shade, "size": 5},
            }
        )  # fmt: skip
    last = max(curve["x"][-1] for curve in data)
    data.append(
        {
            "type": "scatter", "mode": "lines", "name": "static", "x": [1, last],
            "y": [round(static, 4)] * 2,
            "line": {"color": palette.GHOST, "dash": "dot", "width": 1.5},
        }
    )  # fmt: skip
    return data
