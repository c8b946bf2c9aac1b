"""Cells: stored settings, and the numbers on the axes of a heat map."""

from __future__ import annotations

import json

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance import Schedule
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sweep import Cell


@pytest.mark.parametrize(
    "config",
    [
        SamplerConfig(samples=3, seed=5),
        SamplerConfig(temperature=345.5),
        SamplerConfig(gamma=Schedule(0.5, 0.9, 0.1, "cosine"), guidance="force", eta=2.0),
    ],
)
def test_a_stored_cell_is_the_same_cell(config):
    cell = Cell("chignolin", config)
    assert Cell.from_dict(json.loads(json.dumps(cell.to_dict()))) == cell


def test_temperatures_are_shown_in_kelvin_without_rounding_errors():
    cell = Cell("chignolin", SamplerConfig(temperature=345.5))
    assert cell.temperature == 345.5
    assert cell.strength == "345.5 K, γ 1"
    assert Cell("x", SamplerConfig(guidance="force", eta=0.5)).strength == "η 0.5, γ 1"


def test_axes_show_the_value_of_a_schedule():
    cell = Cell("chignolin", SamplerConfig(gamma=Schedule(0.5, 0.9, 0.1)))
    assert (cell.axis("gamma"), cell.axis("protein"), cell.axis("seed")) == (0.5, "chignolin", 0)


@pytest.mark.parametrize("content", [{}, {"protein": 3, "config": {}},
                                     {"protein": "x", "config": {"bogus": 1}}])  # fmt: skip
def test_other_contents_are_refused(content):
    with pytest.raises(SettingsError, match=r"do not fit this version|Unknown|bogus"):
        Cell.from_dict(content)
