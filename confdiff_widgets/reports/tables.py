"""Evaluations as tables: for a terminal, as Markdown, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ..analysis import Metric
from .evaluate import Evaluation

CSV_COLUMNS = (
    "ensemble", "frames", "metric", "label", "unit", "good", "value", "low", "high", "floor_mean",
    "floor_sd", "static", "reference",
)  # fmt: skip


def rich_table(evaluation: Evaluation) -> Table:
    """One line a metric and ensemble, for `rich.print`."""
    several = len(evaluation.judged) > 1
    table = Table(
        title=evaluation.target.name, caption=caption(evaluation), box=SIMPLE_HEAD, pad_edge=False
    )
    table.add_column("Metric", no_wrap=True)
    if several:
        table.add_column("Ensemble", no_wrap=True, max_width=16)
    for heading in ("Value", "95 %", "Floor", "Static", "Reference"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Good", no_wrap=True)
    for row in rows(evaluation):
        for k, one in enumerate(evaluation.judged):
            first = k == 0
            table.add_row(
                row[0] if first else "",
                *([one.data.name] if several else []),
                *row[1 + 3 * k : 4 + 3 * k],
                *(row[-3:] if first else [""] * 3),
                end_section=several and one is evaluation.judged[-1],
            )
    return table


def markdown_table(evaluation: Evaluation) -> str:
    """The same as Markdown, each ensemble in one column with its interval and floor."""
    names = [f"{one.data.name} ({len(one.data)})" for one in evaluation.judged]
    floors = [f"floor of {one.data.name}" for one in evaluation.judged]
    heads = ["Metric"]
    for name, floor in zip(names, floors, strict=True):
        heads += [name, floor]
    lines = [[*heads, "Static", "Reference", "Good"]]
    lines.append(["---", *["--:"] * (len(lines[0]) - 2), "---"])
    for row in rows(evaluation):
        cells = row[:1]
        for k in range(len(evaluation.judged)):
            value, interval, floor = row[1 + 3 * k : 4 + 3 * k]
            cells += [f"{value} ({interval})" if interval else value, floor]
        lines.append(cells + row[-3:])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rows(evaluation: Evaluation) -> list[list[str]]:
    """Cells: the metric; value, interval and floor of each ensemble; static, reference, good."""
    found = []
    for position, first in enumerate(evaluation.judged[0].comparison):
        unit = f" ({first.about.unit})" if first.about.unit == "Å" else ""
        cells = [first.about.label + unit]
        for one in evaluation.judged:
            cells += _cells(one.comparison.metrics[position])
        known = "–" if first.about.good == "low" else f"{first.reference:.3f}"
        found.append([*cells, f"{first.static:.3f}", known, first.about.good])
    return found + _recovery_rows(evaluation)


def _cells(metric: Metric) -> list[str]:
    return [
        f"{metric.value:.3f}",
        _range((metric.low, metric.high)),
        f"{metric.floor_mean:.3f} ± {metric.floor_sd:.3f}",
    ]


def _recovery_rows(evaluation: Evaluation) -> list[list[str]]:
    """RMSDens, the hardest state and coverage, each for all samples."""
    reference, static = evaluation.reference.recovery, evaluation.static_rmsd
    if reference is None or static is None:
        return []
    hardest = reference.hardest
    found = [["RMSDens (Å)"], [f"Best RMSD to {reference.names[hardest]} (Å)"], ["Coverage"]]
    for one in evaluation.judged:
        recovery = one.view.recovery
        assert recovery is not None  # as the reference's
        # as many frames, or all where the reference has fewer
        at = int(np.searchsorted(reference.sizes, min(len(one.data), reference.sizes[-1])))
        # the hardest state is the reference's, one for all, so that columns compare
        best = recovery.rmsd.min(axis=0)[hardest]
        between = recovery.intervals(evaluation.settings.n_bootstrap, evaluation.settings.seed)
        known = f"{reference.ensemble[at]:.3f} ± {reference.ensemble_sd[at]:.3f}"
        nearest = f"{reference.best[at, hardest]:.3f} ± {reference.best_sd[at, hardest]:.3f}"
        cells = (
            (recovery.rmsd_ens, _range(between["rmsd_ens"]), known),
            (best, _range(between["best"][hardest]), nearest),
            (recovery.coverage, _range(between["coverage"]),
             f"{(reference.best[at] < reference.cutoff).mean():.3f}"),
        )  # fmt: skip
        for row, (value, interval, floor) in zip(found, cells, strict=True):
            row += [f"{value:.3f}", interval, floor]
    baseline = (static.mean(), static[hardest], (static < reference.cutoff).mean())
    for row, value, good in zip(found, baseline, ("low", "low", "high"), strict=True):
        row += [f"{value:.3f}", "–", good]
    return found


def _range(interval: Sequence[float] | np.ndarray) -> str:
    return f"{interval[0]:.3f}–{interval[1]:.3f}"


def caption(evaluation: Evaluation) -> str:
    """What was compared, and how."""
    target, settings = evaluation.target, evaluation.settings
    lag = "no TICA" if target.tica is None else f"TICA lag {target.tica.lag_ps:g} ps"
    floor = ", ".join(str(one.comparison.settings["floor_frames"]) for one in evaluation.judged)
    known = ""
    if evaluation.known is not None:
        known = (
            f" RMSDens: mean over {len(evaluation.known.names)} states ({evaluation.known.origin}) "
            "of the best CA-RMSD, its floor that of as many frames of the reference; coverage: "
            f"states with one below {settings.covered:g} Å."
        )
    return (
        f"Against {len(target.ca)} frames, {lag}. Floor: {floor} frames of the reference itself, "
        f"{settings.n_floor} draws. 95 %: {settings.n_bootstrap} bootstrap samples of the frames. "
        f"Static: the folded structure repeated. Folded: CA-RMSD < {settings.folded_cutoff:g} Å. "
        f"Out-of-range values: {settings.outside}.{known} Released: as the published code defines "
        f"it. Seed {settings.seed}."
    )


def csv_text(evaluation: Evaluation) -> str:
    """One row a metric and ensemble."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for one in evaluation.judged:
        for m in one.comparison:
            writer.writerow(
                [one.data.name, len(one.data), m.key, m.about.label, m.about.unit, m.about.good,
                 m.value, m.low, m.high, m.floor_mean, m.floor_sd, m.static, m.reference]
            )  # fmt: skip
    return text.getvalue()
