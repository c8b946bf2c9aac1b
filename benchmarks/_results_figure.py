"""Figure of one protein on the results page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from confdiff_widgets import palette
from confdiff_widgets.reports import Evaluation
from confdiff_widgets.reports.ensemble_statistics import EnsembleStatistics

TEXT, MUTED = palette.PRINT_TEXT, palette.PRINT_MUTED


def results_figure(evaluation: Evaluation, path: Path) -> None:
    """Plot TIC plane, states, sampling efficiency, Rg, RMSF and contact differences."""
    plot = Figure(figsize=(13, 7.6), layout="constrained", facecolor="white")
    axes = plot.subplots(2, 3)
    views = [("reference", evaluation.reference, palette.GHOST)]
    views += [
        (one.data.name, one.statistics, palette.conformer(k))
        for k, one in enumerate(evaluation.ensembles)
    ]
    _plane(axes[0, 0], evaluation)
    _populations(axes[0, 1], views)
    _efficiency(axes[0, 2], evaluation, views)
    for name, view, color in views:
        solid = name == "reference"
        axes[1, 0].hist(
            view.rg,
            bins=60,
            density=True,
            color=color,
            label=name,
            histtype="stepfilled" if solid else "step",
            alpha=0.5 if solid else 1,
        )
        axes[1, 1].plot(np.arange(1, len(view.rmsf) + 1), view.rmsf, color=color, marker=".")
    axes[1, 0].set(title="Radius of gyration", xlabel="Å", ylabel="density (1/Å)")
    axes[1, 1].set(title="RMSF", xlabel="residue", ylabel="Å", ylim=(0, None))
    _contacts(axes[1, 2], evaluation)
    handles, labels = axes[1, 0].get_legend_handles_labels()
    plot.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    for axis in axes.flat:
        axis.tick_params(labelcolor=MUTED, color=MUTED)
        axis.spines[["top", "right"]].set_visible(False)
    plot.savefig(path, dpi=90)


def _plane(axis: Axes, evaluation: Evaluation) -> None:
    surface = evaluation.reference.surface
    assert surface is not None  # the bundled references have a TICA
    shades = LinearSegmentedColormap.from_list("surface", palette.SURFACE)
    mesh = axis.pcolormesh(surface.x_edges, surface.y_edges, surface.values.T, cmap=shades)
    axis.figure.colorbar(mesh, ax=axis, label="F of the reference (kcal/mol)")
    for k, one in enumerate(evaluation.ensembles):
        assert one.statistics.tics is not None
        axis.scatter(*one.statistics.tics[:400].T, s=5, color=palette.conformer(k), alpha=0.7)
    if evaluation.medoids is not None and evaluation.reference.tics is not None:
        for s, (x, y) in enumerate(evaluation.reference.tics[evaluation.medoids]):
            axis.text(x, y, str(s + 1), color="white", ha="center", va="center",
                      bbox={"boxstyle": "circle", "color": TEXT})  # fmt: skip
    axis.set(title="TIC plane, states numbered", xlabel="TIC 1", ylabel="TIC 2")


def _populations(axis: Axes, views: list[tuple[str, EnsembleStatistics, str]]) -> None:
    width = 0.8 / len(views)
    for k, (_, view, color) in enumerate(views):
        assert view.population is not None and view.population_error is not None
        at = np.arange(len(view.population)) + (k - (len(views) - 1) / 2) * width
        axis.bar(at, view.population, width, yerr=1.96 * view.population_error, color=color,
                 error_kw={"linewidth": 1, "ecolor": TEXT})  # fmt: skip
    count = len(views[0][1].population)  # type: ignore[arg-type]
    axis.set_xticks(np.arange(count), [str(s + 1) for s in range(count)])
    axis.set(title="Metastable states", xlabel="state", ylabel="population")


def _efficiency(
    axis: Axes, evaluation: Evaluation, views: list[tuple[str, EnsembleStatistics, str]]
) -> None:
    for _, view, color in views:
        found = view.recovery
        assert found is not None and evaluation.single_structure_rmsd is not None
        axis.errorbar(found.sizes, found.ensemble, found.ensemble_sd, color=color, marker=".",
                      capsize=2, linewidth=1.2)  # fmt: skip
    axis.axhline(evaluation.single_structure_rmsd.mean(), color=palette.GHOST, linestyle=":")
    axis.set(xscale="log", title="Sampling efficiency", xlabel="samples", ylabel="RMSDens (Å)")


def _contacts(axis: Axes, evaluation: Evaluation) -> None:
    """Plot the contacts of the reference and the differences of the first ensemble."""
    length = len(evaluation.target.sequence)
    i, j = np.triu_indices(length, k=3)
    table = np.full((length, length), np.nan)
    one = evaluation.ensembles[0]
    table[j, i] = evaluation.reference.contacts
    table[i, j] = one.statistics.contacts - evaluation.reference.contacts
    edges = (0.5, length + 0.5, length + 0.5, 0.5)  # residues are counted from 1
    image = axis.imshow(table, cmap="RdBu_r", vmin=-1, vmax=1, extent=edges)
    axis.figure.colorbar(image, ax=axis, fraction=0.046)
    axis.set(title=f"Contacts: reference below,\n{one.data.name} − reference above",
             xlabel="residue", ylabel="residue")  # fmt: skip
