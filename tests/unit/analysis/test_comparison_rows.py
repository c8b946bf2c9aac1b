"""Cells of comparison tables."""

from __future__ import annotations

from confdiff_widgets.analysis.comparison_rows import (
    NONE,
    SAMPLE_HEADINGS,
    SHARED_HEADINGS,
    markdown_table,
    metric_rows,
    with_unit,
)
from confdiff_widgets.analysis.metrics import METRICS, Metric


def metric(key, **more):
    return Metric(key, METRICS[key], 0.2, 0.25, 0.1, 0.01, 0.7, 0.15, 0.25, **more)


def test_a_distance_shows_the_parts_of_its_baseline_and_its_excess():
    (row,) = metric_rows([[metric("js_rg", finite_samples=0.0064, reference_error=0.0036,
                                  excess=0.17, excess_low=0.1, excess_high=0.22)]])  # fmt: skip
    (cells,) = row.samples
    assert cells == ("0.200", "0.150–0.250", "0.100 (0.080 ⊕ 0.060)", "0.170 (0.10–0.22)")
    assert row.shared == ("0.700", NONE, "low")  # a distance has no value of the reference


def test_a_fraction_shows_the_reference_and_no_excess():
    (row,) = metric_rows([[metric("folded")]])
    assert row.samples[0].baseline == "0.100 ± 0.010"
    assert row.samples[0].excess == NONE
    assert row.shared == ("0.700", "0.250", "match")


def test_samples_are_next_to_each_other():
    one, two = (
        metric_rows([[metric("js_rg")], [metric("js_rg")]])[0],
        metric_rows([[metric("pairwise_rmsd")]])[0],
    )
    assert len(one.cells) == 1 + 2 * len(SAMPLE_HEADINGS) + len(SHARED_HEADINGS)
    assert two.label == "Pairwise RMSD (Å)"


def test_markdown_aligns_numbers_to_the_right():
    text = markdown_table(("Metric", "Value"), [("a", "1")])
    assert text == "| Metric | Value |\n| --- | --: |\n| a | 1 |"
    assert with_unit("Rg", "") == "Rg"
