"""Figures of the TIC plane, free energy, metastable states and sampling efficiency."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import palette
from ..analysis import distance_correlations, free_energy, pair_indices
from .evaluation import EvaluatedEnsemble, Evaluation
from .plot_specs import (
    LEGEND_BELOW,
    Figure,
    Spec,
    all_statistics,
    bars,
    plot_layout,
    rounded,
)

MAX_POINTS = 1500
"""Largest number of points of one ensemble on the TIC plane."""


def plane(evaluation: Evaluation) -> Figure | None:
    """Plot ensembles as points on the free energy of the reference."""
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
    for k, one in enumerate(evaluation.ensembles):
        data.append(points(one, k))
    if evaluation.medoids is not None and reference.tics is not None:
        at = reference.tics[evaluation.medoids]
        data.append(
            {
                "type": "scatter", "mode": "markers+text", "name": "states",
                "x": rounded(at[:, 0]), "y": rounded(at[:, 1]),
                "text": [str(s + 1) for s in range(len(at))],
                "textfont": {"color": palette.LIGHT.background},
                "marker": {"size": 19, "color": palette.PRINT_TEXT,
                           "line": {"width": 1.5, "color": palette.LIGHT.marker_outline}},
                "hovertemplate": "state %{text}<extra></extra>",
            }
        )  # fmt: skip
    return Figure(
        "plane", "TIC plane",
        f"Free energy of the {len(evaluation.target.ca)} frames of the reference at "
        f"{evaluation.target.temperature:g} K; its error appears on hover. Points: up to "
        f"{MAX_POINTS} frames of each ensemble. Numbers: metastable states of the reference. "
        + tic_meaning(evaluation),
        data, plot_layout("TIC 1", "TIC 2", legend=LEGEND_BELOW), wide=True,
    )  # fmt: skip


def shown_frames(count: int) -> NDArray[np.int64]:
    """Return the evenly spaced indices of the frames that the TIC plane shows."""
    return np.unique(np.linspace(0, count - 1, min(count, MAX_POINTS)).round().astype(int))


def points(one: EvaluatedEnsemble, position: int) -> Spec:
    """Return the trace of an ensemble on the TIC plane."""
    assert one.statistics.tics is not None
    frames = shown_frames(len(one.data))
    x, y = one.statistics.tics[frames].T
    return {
        "type": "scatter", "mode": "markers", "name": one.data.name,
        "x": rounded(x), "y": rounded(y), "customdata": frames.tolist(),
        "marker": {"size": 5, "color": palette.conformer(position), "opacity": 0.75},
        "hovertemplate": "frame %{customdata}<extra>" + one.data.name + "</extra>",
    }  # fmt: skip


def tic_meaning(evaluation: Evaluation) -> str:
    """Describe the time scales of the TICs and the distances that they correlate with."""
    target = evaluation.target
    if target.tica is None:
        return ""
    thin = max(1, len(target.ca) // 20_000)
    correlation = distance_correlations(target.tica, target.ca[::thin])
    i, j = pair_indices(len(target.sequence))
    sentences = []
    for tic in range(2):
        strongest = np.argsort(-np.abs(correlation[:, tic]))[:3]
        pairs = ", ".join(
            f"{target.labels[i[p]]}–{target.labels[j[p]]} ({correlation[p, tic]:+.2f})"
            for p in strongest
        )
        sentences.append(
            f"TIC {tic + 1}: implied time scale {target.tica.timescales_ps[tic] / 1000:.2g} ns at "
            f"the lag of {target.tica.lag_ps:g} ps; strongest correlations with the CA distances "
            f"{pairs}."
        )
    return " ".join(sentences)


def profile(evaluation: Evaluation) -> Figure | None:
    """Plot the free energy along TIC 1 with error bars."""
    reference, target = evaluation.reference, evaluation.target
    if reference.surface is None or reference.tics is None:
        return None
    edges = reference.surface.x_edges[::2]
    unbounded = np.array([-np.inf, np.inf])
    shown: list[tuple[str, NDArray, str, NDArray | None]] = [
        ("reference", reference.tics, palette.GHOST, target.trajectory)
    ]
    for k, one in enumerate(evaluation.ensembles):
        assert one.statistics.tics is not None
        shown.append((one.data.name, one.statistics.tics, palette.conformer(k), None))
    data = []
    for name, tics, colour, trajectory in shown:
        inside = (tics[:, 0] >= edges[0]) & (tics[:, 0] <= edges[-1])
        if not inside.any():
            continue
        several = trajectory is not None and len(np.unique(trajectory[inside])) > 1
        found = free_energy(
            tics[inside],
            temperature_k=target.temperature,
            bins=(edges, unbounded),
            trajectory=trajectory[inside] if several and trajectory is not None else None,
        )
        data.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": name,
                "x": rounded((edges[1:] + edges[:-1]) / 2), "y": rounded(found.values[:, 0]),
                "error_y": {"type": "data", "array": rounded(found.errors[:, 0]), "width": 2,
                            "thickness": 1, "color": colour},
                "line": {"color": colour, "width": 2.5 if name == "reference" else 1.5},
                "marker": {"color": colour, "size": 5},
            }
        )  # fmt: skip
    return Figure(
        "profile", "Free energy along TIC 1",
        "−kT ln p with one standard error, from the spread of the trajectories for the reference "
        "and from the number of frames for ensembles.",
        data, plot_layout("TIC 1", "F (kcal/mol)", legend=LEGEND_BELOW),
    )  # fmt: skip


def populations(evaluation: Evaluation) -> Figure | None:
    """Plot the populations of the metastable states in each ensemble."""
    states = evaluation.states
    if states is None:
        return None
    labels = [f"state {s + 1}" for s in range(len(states))]
    data = [bars("reference", labels, states.population, 1.96 * states.population_error,
                  palette.GHOST)]  # fmt: skip
    for k, one in enumerate(evaluation.ensembles):
        assert one.statistics.population is not None and one.statistics.population_error is not None
        data.append(bars(one.data.name, labels, one.statistics.population,
                          1.96 * one.statistics.population_error,
                          palette.conformer(k)))  # fmt: skip
    if states.method == "msm":
        assert states.timescales_ps is not None
        slow = ", ".join(f"{t / 1000:.2g}" for t in states.timescales_ps)
        method = (
            f"Markov state model of the reference on TICs 1 and 2 with a lag of {states.lag_ps:g} "
            f"ps, lumped with PCCA+; its slowest time scales are {slow} ns."
        )
    else:
        method = (
            "Gaussian mixture on TICs 1 and 2: no Markov model, because the frames of the "
            "reference are not continuous in time, or too few."
        )
    return Figure(
        "populations", "Metastable states",
        f"{method} Bars: fraction of the frames in each state, with 95 % intervals (over "
        "trajectories for the reference).",
        data, plot_layout("", "Population", barmode="group", legend=LEGEND_BELOW),
    )  # fmt: skip


def efficiency(evaluation: Evaluation) -> Figure | None:
    """Plot RMSDens as a function of the number of samples."""
    if evaluation.known is None or evaluation.single_structure_rmsd is None:
        return None
    return Figure(
        "efficiency", "Sampling efficiency",
        f"RMSDens: mean over {len(evaluation.known.names)} states ({evaluation.known.origin}) of "
        "the best CA-RMSD among N samples, mean ± sd over random subsets. The last point uses all "
        "samples and has no spread. Frames of the reference give the sampling baseline, the folded "
        "structure gives the single-structure baseline.",
        _curves(evaluation, None, float(evaluation.single_structure_rmsd.mean())),
        plot_layout("Number of samples", "RMSDens (Å)", xaxis=_LOG, legend=LEGEND_BELOW),
    )  # fmt: skip


def hardest(evaluation: Evaluation) -> Figure | None:
    """Plot the best RMSD to the hardest state of the reference against the number of samples."""
    reference, single_structure = evaluation.reference.recovery, evaluation.single_structure_rmsd
    if reference is None or single_structure is None:
        return None
    state = reference.hardest
    name = reference.names[state]
    return Figure(
        "hardest", f"Hardest state: {name}",
        f"Best CA-RMSD to {name} among N samples, mean ± sd over random subsets. It is the state "
        "with the largest best RMSD among the frames of the reference.",
        _curves(evaluation, state, float(single_structure[state])),
        plot_layout("Number of samples", "Best CA-RMSD (Å)", xaxis=_LOG, legend=LEGEND_BELOW),
    )  # fmt: skip


_LOG = {"type": "log", "dtick": 1}


def _curves(evaluation: Evaluation, state: int | None, single_structure: float) -> list[Spec]:
    """Return curves of one state, or of the mean over all states, with both baselines."""
    data = []
    for name, found, colour in all_statistics(evaluation):
        recovery = found.recovery
        assert recovery is not None  # there are known states
        y = recovery.ensemble if state is None else recovery.best[:, state]
        sd = recovery.ensemble_sd if state is None else recovery.best_sd[:, state]
        data.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": name,
                "x": recovery.sizes.tolist(), "y": rounded(y),
                "error_y": {"type": "data", "array": rounded(sd), "width": 2, "thickness": 1,
                            "color": colour},
                "line": {"color": colour}, "marker": {"color": colour, "size": 5},
            }
        )  # fmt: skip
    last = max(curve["x"][-1] for curve in data)
    data.append(
        {
            "type": "scatter", "mode": "lines", "name": "single structure", "x": [1, last],
            "y": [round(single_structure, 4)] * 2,
            "line": {"color": palette.GHOST, "dash": "dot", "width": 1.5},
        }
    )  # fmt: skip
    return data
