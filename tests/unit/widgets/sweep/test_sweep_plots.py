"""Plots of the sweep panel for an unfinished sweep."""

from dataclasses import replace

import numpy as np
import pytest

from confdiff_widgets.sweep.maps import MEASURES, Maps
from confdiff_widgets.sweep.stored_keys import baseline_key
from confdiff_widgets.widgets.sweep.sweep_plots import SweepPlots


@pytest.fixture
def maps():
    """Two values of η and three of γ; one cell failed and one is not computed."""
    values = {measure.key: np.full((2, 3), np.nan) for measure in MEASURES}
    values[baseline_key("js_tic")] = np.full((2, 3), np.nan)
    values["energy"] = np.array([[-300.0, -301.0, -302.0], [np.nan, -320.0, np.nan]])
    values["diversity"] = np.array([[3.5, 3.8, 4.0], [np.nan, 3.8, np.nan]])
    failed = np.array([[False, False, False], [True, False, False]])
    return Maps([0.0, 2.0], [0.5, 0.8, 1.0], {}, values, failed)


class Points:
    def __init__(self, xs=(), ys=(), point_inds=()):
        self.xs, self.ys, self.point_inds = list(xs), list(ys), list(point_inds)


def test_cells_show_values_failures_and_gaps(maps):
    plots = SweepPlots()
    plots.draw_maps(maps, None)
    heatmap = plots.figure.data[0]
    assert heatmap.z[1][2] is None
    assert heatmap.text[1][0] == "failed"
    assert heatmap.text[0][0] == "-300"
    assert heatmap.text[1][2] == ""


def test_temperatures_are_labelled_in_kelvin(maps):
    plots = SweepPlots()
    plots.draw_maps(replace(maps, strengths=[300.0, 450.0], thermal=True), (1, 0))
    assert plots.figure.layout.yaxis.title.text == "Temperature (K)"
    assert list(plots.figure.data[0].y) == ["300", "450"]
    assert "%{y} K" in plots.figure.data[0].hovertemplate
    assert plots._outlines[0].y == ("450",)
    plots.draw_maps(maps, None)
    assert plots.figure.layout.yaxis.title.text == "η"


def test_the_selected_cell_is_outlined_in_all_plots(maps):
    plots = SweepPlots()
    plots.draw_maps(maps, (0, 1))
    *outlines, point = plots._outlines
    assert {(*outline.x, *outline.y) for outline in outlines} == {("0.8", "0")}
    assert (point.x[0], point.y[0]) == (-301, 3.8)
    plots.draw_maps(maps, None)
    assert all(len(outline.x) == 0 for outline in plots._outlines)


def test_clicks_on_maps_and_on_the_pareto_front_report_row_and_column(maps):
    plots, clicked = SweepPlots(), []
    plots.on_cell(lambda row, column: clicked.append((row, column)))
    plots._click_map(None, Points(["0.8"], ["2"]), None)
    assert clicked == [], "nothing is drawn"
    plots.draw_maps(maps, None)
    plots._click_map(None, Points(["0.8"], ["2"]), None)
    plots._click_cell(None, Points(point_inds=[2]), None)
    assert clicked == [(1, 1), (0, 2)]


def test_the_sampling_baseline_is_in_the_title(maps):
    plots = SweepPlots()
    plots.draw_maps(maps, None)
    titles = [annotation.text for annotation in plots.figure.layout.annotations]
    assert titles[0] == "OpenMM energy (kcal/mol)"
    assert not any("baseline" in title for title in titles)
    maps.values[baseline_key("js_tic")][0] = 0.25
    plots.draw_maps(maps, None)
    assert plots.figure.layout.annotations[4].text.endswith("(baseline 0.25)")
