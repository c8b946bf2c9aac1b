"""Tables of evaluations for the terminal, Markdown, HTML and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from html import escape

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from .. import palette
from ..analysis.comparison import baseline_caption
from ..analysis.comparison_rows import (
    LEFT_ALIGNED,
    SAMPLE_HEADINGS,
    SHARED_HEADINGS,
    Row,
    SampleCells,
    interval,
    markdown_table,
    mean_sd,
    metric_rows,
    number,
    with_unit,
)
from ..analysis.metrics import stored_key
from .evaluation import Evaluation

CSV_COLUMNS = ("ensemble", "frames", "metric", "label", "unit", "ideal", "value", "low", "high",
               "baseline_mean", "baseline_sd", "single_structure", "reference",
               "finite_samples", "reference_error", "excess", "excess_low",
               "excess_high")  # fmt: skip
"""Names of the columns in the code; `stored_key` maps them to the header of the file."""


def rows(evaluation: Evaluation) -> list[Row]:
    """Format all metrics and the recovery of the states as table rows."""
    comparisons = [one.comparison.metrics for one in evaluation.ensembles]
    return metric_rows(comparisons) + _recovery_rows(evaluation)


def rich_table(evaluation: Evaluation) -> Table:
    """Render a table for `rich.print` with one line for each metric and ensemble."""
    several = len(evaluation.ensembles) > 1
    table = Table(
        title=Text(evaluation.target.name),
        caption=Text(caption(evaluation)),
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    sample_headings = [heading for heading in SAMPLE_HEADINGS if heading != "95 %"]
    headings = ["Metric", *(["Ensemble"] if several else []), *sample_headings, *SHARED_HEADINGS]
    for heading in headings:
        table.add_column(
            heading.replace(" ", "\n"),
            justify="left" if heading in LEFT_ALIGNED else "right",
            no_wrap=heading not in ("Metric", "Ensemble"),  # names wrap before numbers are cut
            max_width=16 if heading == "Ensemble" else None,
        )
    for row in rows(evaluation):
        for k, (one, sample) in enumerate(zip(evaluation.ensembles, row.samples, strict=True)):
            table.add_row(
                row.label if k == 0 else "",
                *([Text(one.data.name)] if several else []),
                *stacked(sample),
                *(row.shared if k == 0 else [""] * len(row.shared)),
                end_section=several and k == len(row.samples) - 1,
            )
    return table


def stacked(sample: SampleCells) -> tuple[str, str, str]:
    """Return narrow cells for terminals: intervals below values, and baselines without parts."""
    excess = sample.excess.replace(" (", "\n").rstrip(")")
    return f"{sample.value}\n{sample.interval}", sample.baseline.split(" ")[0], excess


def markdown(evaluation: Evaluation) -> str:
    """Render a Markdown table, with the value and its interval in one column."""
    headings = ["Metric"]
    for one in evaluation.ensembles:
        headings += [
            f"{one.data.name} ({len(one.data)})",
            f"Sampling baseline of {one.data.name}",
            f"Excess of {one.data.name}",
        ]
    lines = []
    for row in rows(evaluation):
        cells = [row.label]
        for value, bounds, baseline, excess in row.samples:
            cells += [f"{value} ({bounds})", baseline, excess]
        lines.append([*cells, *row.shared])
    return markdown_table([*headings, *SHARED_HEADINGS], lines)


def html_table(evaluation: Evaluation) -> str:
    """Render an unstyled HTML table with the descriptions of the metrics as tooltips."""
    width = len(SAMPLE_HEADINGS)
    groups = "".join(
        f'<th colspan="{width}" class="group" style="text-align:center">'
        f'<span style="color:{palette.conformer(k)}">●</span> '
        f"{escape(one.data.name)} ({len(one.data)})</th>"
        for k, one in enumerate(evaluation.ensembles)
    )
    sample_headings = _html_cells("th", SAMPLE_HEADINGS) * len(evaluation.ensembles)
    body = "".join(
        f'<tr><td title="{escape(row.description)}">{escape(row.label)}</td>'
        + "".join(_html_cells("td", sample) for sample in row.samples)
        + f"{_html_cells('td', row.shared)}</tr>"
        for row in rows(evaluation)
    )
    return (
        f'<table class="confdiff-metrics"><thead><tr><th></th>{groups}'
        f'<th colspan="{len(SHARED_HEADINGS)}" class="group"></th></tr>'
        f"<tr><th>Metric</th>{sample_headings}{_html_cells('th', SHARED_HEADINGS)}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def csv_text(evaluation: Evaluation) -> str:
    """Render CSV with one row for each metric and ensemble."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(stored_key, CSV_COLUMNS))
    for one in evaluation.ensembles:
        for m in one.comparison:
            writer.writerow(
                [one.data.name, len(one.data), m.key, m.info.label, m.info.unit, m.info.ideal,
                 m.value, m.low, m.high, m.baseline_mean, m.baseline_sd, m.single_structure,
                 m.reference, m.finite_samples, m.reference_error, m.excess, m.excess_low,
                 m.excess_high]
            )  # fmt: skip
    return text.getvalue()


def caption(evaluation: Evaluation) -> str:
    """Describe the reference, the baselines and the settings in words."""
    target, settings = evaluation.target, evaluation.settings
    lag = "no TICA" if target.tica is None else f"TICA lag {target.tica.lag_ps:g} ps"
    frames = ", ".join(
        str(one.comparison.settings["baseline_frames"]) for one in evaluation.ensembles
    )
    grouped = all(one.comparison.settings["grouped"] for one in evaluation.ensembles)
    recovery = ""
    if evaluation.known is not None:
        recovery = (
            f" RMSDens: mean over {len(evaluation.known.names)} states ({evaluation.known.origin}) "
            "of the best CA-RMSD; its sampling baseline uses as many frames of the reference. "
            f"Coverage: fraction of the states with a frame below {settings.covered:g} Å."
        )
    return (
        f"Reference: {len(target.ca)} frames, {lag}. {baseline_caption(frames, grouped)} "
        f"{settings.baseline_draws} draws. 95 %: jackknife for distances, otherwise "
        f"{settings.n_bootstrap} bootstrap samples. Single structure: the folded structure "
        "repeated. Folded: "
        f"CA-RMSD < {target.folded_cutoff:g} Å. Out-of-range values: {settings.outside}."
        f"{recovery} Metrics of the published code follow its definition. "
        f"Seed {settings.seed}."
    )


def _recovery_rows(evaluation: Evaluation) -> list[Row]:
    """Format RMSDens, the RMSD to the hardest state and the coverage of all samples."""
    reference, single_structure = evaluation.reference.recovery, evaluation.single_structure_rmsd
    if reference is None or single_structure is None:
        return []
    # Use the reference's hardest state for all ensembles, so that their columns are comparable.
    hardest = reference.hardest
    rmsd_ens = Row(
        with_unit("RMSDens", "Å"), (), (number(single_structure.mean()), "–", "low"),
        "mean over the states of the best CA-RMSD",
    )  # fmt: skip
    best = Row(
        with_unit(f"Best RMSD to {reference.names[hardest]}", "Å"), (),
        (number(single_structure[hardest]), "–", "low"), "best CA-RMSD to the hardest state",
    )  # fmt: skip
    coverage = Row(
        "Coverage", (), (number((single_structure < reference.cutoff).mean()), "–", "high"),
        "fraction of the states with a frame below the cut-off",
    )  # fmt: skip
    for one in evaluation.ensembles:
        recovery = one.statistics.recovery
        assert recovery is not None  # there are known states
        # as many frames of the reference, or all if it has fewer
        size = min(len(one.data), reference.sizes[-1])
        at = int((reference.sizes >= size).argmax())
        bounds = recovery.intervals(evaluation.settings.seed)
        rmsd_ens = _with_sample(
            rmsd_ens,
            number(recovery.rmsd_ens),
            interval(*bounds["rmsd_ens"]),
            mean_sd(reference.ensemble[at], reference.ensemble_sd[at]),
        )
        best = _with_sample(
            best,
            number(recovery.rmsd.min(axis=0)[hardest]),
            interval(*bounds["best"][hardest]),
            mean_sd(reference.best[at, hardest], reference.best_sd[at, hardest]),
        )
        coverage = _with_sample(
            coverage,
            number(recovery.coverage),
            interval(*bounds["coverage"]),
            number((reference.best[at] < reference.cutoff).mean()),
        )
    return [rmsd_ens, best, coverage]


def _with_sample(row: Row, value: str, bounds: str, baseline: str) -> Row:
    return replace(row, samples=(*row.samples, SampleCells(value, bounds, baseline)))


def _html_cells(tag: str, texts: tuple[str, ...]) -> str:
    """Render cells, the first of which starts a group of columns."""
    return "".join(
        f"<{tag}{' class=group' if k == 0 else ''}>{escape(text)}</{tag}>"
        for k, text in enumerate(texts)
    )
