"""Table rows of comparisons: one function makes the cells, others render them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .metrics import Metric

SAMPLE_HEADINGS = ("Value", "95 %", "Sampling baseline", "Excess")
SHARED_HEADINGS = ("Single structure", "Reference", "Ideal")
NONE = "–"
LEFT_ALIGNED = ("Metric", "Ensemble", "Ideal")


class SampleCells(NamedTuple):
    """Cells of one sample, in the order of `SAMPLE_HEADINGS`."""

    value: str
    interval: str
    baseline: str
    excess: str = NONE


@dataclass(frozen=True)
class Row:
    """One metric of one or several samples.

    Attributes
    ----------
    label : str
        Name of the metric with its unit.
    samples : tuple of SampleCells
    shared : tuple of str
        Cells that all samples have in common, in the order of `SHARED_HEADINGS`.
    description : str
        One line on the metric, for a tooltip.
    """

    label: str
    samples: tuple[SampleCells, ...]
    shared: tuple[str, str, str]
    description: str = ""

    @property
    def cells(self) -> list[str]:
        """All cells from left to right."""
        return [self.label, *(cell for sample in self.samples for cell in sample), *self.shared]


def metric_rows(samples: Sequence[Sequence[Metric]]) -> list[Row]:
    """Format metrics as table rows.

    Parameters
    ----------
    samples : sequence of sequences of Metric
        The same metrics in the same order for each sample.

    Returns
    -------
    list of Row
    """
    rows = []
    for metrics in zip(*samples, strict=True):
        first, info = metrics[0], metrics[0].info
        rows.append(
            Row(
                with_unit(info.label, "Å" if info.unit == "Å" else ""),
                tuple(
                    SampleCells(
                        number(metric.value),
                        interval(metric.low, metric.high),
                        _baseline(metric),
                        _excess(metric),
                    )
                    for metric in metrics
                ),
                (
                    number(first.single_structure),
                    NONE if info.ideal == "low" else number(first.reference),
                    info.ideal,
                ),
                info.description,
            )
        )
    return rows


def _baseline(metric: Metric) -> str:
    """Format a baseline with its sd, or with its parts, which add as squares."""
    if metric.finite_samples is None or metric.reference_error is None:
        return mean_sd(metric.baseline_mean, metric.baseline_sd)
    parts = f"{metric.finite_samples**0.5:.3f} ⊕ {metric.reference_error**0.5:.3f}"
    return f"{number(metric.baseline_mean)} ({parts})"


def _excess(metric: Metric) -> str:
    """Format the excess and its interval."""
    if metric.excess is None or metric.excess_low is None or metric.excess_high is None:
        return NONE
    return f"{metric.excess:.3f} ({metric.excess_low:.2f}–{metric.excess_high:.2f})"


def markdown_table(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Render cells as a Markdown table."""
    rule = ["---" if heading in LEFT_ALIGNED else "--:" for heading in headings]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rule, *lines))


def number(value: float) -> str:
    """Format a value with three decimals."""
    return f"{value:.3f}"


def interval(low: float, high: float) -> str:
    """Format an interval."""
    return f"{low:.3f}–{high:.3f}"


def mean_sd(mean: float, sd: float) -> str:
    """Format a mean and its standard deviation."""
    return f"{mean:.3f} ± {sd:.3f}"


def with_unit(label: str, unit: str) -> str:
    """Append a unit in parentheses."""
    return f"{label} ({unit})" if unit else label
