"""Specifications of figures: numbers that JSON can hold, error bars, and layouts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from confdiff_widgets.reports.plot_specs import bars, plot_layout, rounded


def test_numbers_without_a_value_are_null():
    found = rounded([[1.23456, np.nan], [np.inf, -0.5]])
    assert found == [[1.2346, None], [None, -0.5]]
    assert json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("error", "down", "up"),
    [([0.1, 0.2], [0.1, 0.2], [0.1, 0.2]), ([[0.1, 0.2], [0.3, 0.4]], [0.1, 0.2], [0.3, 0.4])],
)
def test_errors_may_differ_downwards_and_upwards(error, down, up):
    found = bars("a", ["x", "y"], [1, 2], error, "red")["error_y"]
    assert (found["arrayminus"], found["array"]) == (down, up)
    assert "error_y" not in bars("a", ["x"], [1], None, "red")


def test_a_layout_keeps_its_titles_and_takes_further_settings():
    found = plot_layout("t", "E", xaxis={"range": [0, 1]}, showlegend=False)
    assert found["xaxis"] == {"zeroline": False, "title": {"text": "t", "standoff": 6},
                              "range": [0, 1]}  # fmt: skip
    assert found["yaxis"]["title"]["text"] == "E" and found["showlegend"] is False
