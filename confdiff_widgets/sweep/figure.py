"""A figure of a sweep: maps over η or temperature and γ, and energy against diversity."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from .. import palette
from .maps import MEASURES, Maps, Measure, pareto_front
from .stored_keys import baseline_key

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def sweep_figure(maps: Maps, title: str, dpi: int = 110) -> bytes:
    """Draw the maps of one protein as a PNG.

    Parameters
    ----------
    maps : Maps
    title : str
        Heading of the figure.
    dpi : int
        Resolution.

    Returns
    -------
    bytes
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 8), layout="constrained", facecolor=palette.LIGHT.background)
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 3)
    for measure, axis in zip(
        MEASURES, (axes[0, 0], axes[0, 1], axes[1, 0], axes[1, 1]), strict=True
    ):
        _draw_map(axis, maps, measure)
    _draw_pareto(axes[0, 2], maps)
    _draw_lines(axes[1, 2], maps)
    figure.suptitle(title)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    return file.getvalue()


def _draw_map(axis: Axes, maps: Maps, measure: Measure) -> None:
    values = maps.values[measure.key]
    image = axis.imshow(values, origin="lower", aspect="auto", cmap="viridis")
    axis.figure.colorbar(image, ax=axis, label=measure.unit)
    low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0, 1)
    for row, column in np.ndindex(*values.shape):
        value = values[row, column]
        text = "failed" if maps.failed[row, column] else ""
        if np.isfinite(value):
            text = format(value, measure.digits)
        dark = np.isfinite(value) and value < (low + high) / 2
        axis.text(column, row, text, ha="center", va="center", fontsize=8,
                  color="white" if dark else "black")  # fmt: skip
    axis.set_xticks(range(len(maps.gammas)), [f"{g:g}" for g in maps.gammas])
    axis.set_yticks(range(len(maps.strengths)), maps.labels)
    axis.set(xlabel="γ", ylabel=maps.axis, title=_title(maps, measure))


def _title(maps: Maps, measure: Measure) -> str:
    baseline = maps.values[baseline_key("js_tic")]
    if measure.key == "js_tic" and np.isfinite(baseline).any():
        return f"{measure.title} (sampling baseline {np.nanmean(baseline):.2f})"
    return measure.title


def _draw_pareto(axis: Axes, maps: Maps) -> None:
    axis.set(xlabel="OpenMM energy, median (kcal/mol)", ylabel="Mean pairwise RMSD (Å)",
             title="Pareto front: energy against diversity")  # fmt: skip
    energy, diversity = maps.values["energy"], maps.values["diversity"]
    for column, gamma in enumerate(maps.gammas):
        axis.plot(energy[:, column], diversity[:, column], "o",
                  color=palette.conformer(column), label=f"γ = {gamma:g}")  # fmt: skip
    front = pareto_front(energy.ravel().tolist(), diversity.ravel().tolist())
    axis.plot(
        energy.ravel()[front], diversity.ravel()[front], color=palette.PARETO_FRONT, lw=1, zorder=0
    )
    for i in front:
        at = energy.ravel()[i], diversity.ravel()[i]
        axis.annotate(maps.row_name(i // len(maps.gammas)), at,
                      textcoords="offset points", xytext=(5, 4), fontsize=8)  # fmt: skip
    axis.legend(frameon=False, fontsize=8)


def _draw_lines(axis: Axes, maps: Maps) -> None:
    along = "temperature" if maps.thermal else "η"
    axis.set(xlabel=maps.axis, ylabel="OpenMM energy, median (kcal/mol)",
             title=f"Energy along {along}")  # fmt: skip
    for column, gamma in enumerate(maps.gammas):
        axis.plot(maps.strengths, maps.values["energy"][:, column], "o-",
                  color=palette.conformer(column), label=f"γ = {gamma:g}")  # fmt: skip
    axis.legend(frameon=False, fontsize=8)
