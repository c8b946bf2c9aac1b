"""Traces of the curves: updated in place, highlighted, and reported when clicked."""

from __future__ import annotations

import numpy as np
import pytest
from plotly.callbacks import Points
from plotly.subplots import make_subplots

from confdiff_widgets.widgets.explorer.curve_traces import CurveTraces
from confdiff_widgets.widgets.explorer.curves import VIEWS
from confdiff_widgets.widgets.plotly_figure import figure_widget


@pytest.fixture
def branch(finished):
    return finished(samples=3, steps=4).current


@pytest.fixture
def traces():
    return CurveTraces(figure_widget(make_subplots(rows=2, cols=1)), 2, 2)


def visible(traces):
    return [trace for trace in traces._traces if trace.visible]


def test_lines_of_another_view_replace_those_before(traces, branch):
    traces.draw(VIEWS["radius"], [branch], branch.last, ["red"])
    assert len(visible(traces)) > 1
    traces.draw(VIEWS["rmsf"], [branch], branch.last, ["red"])
    (trace,) = visible(traces)
    np.testing.assert_allclose(trace.y, branch.last.rmsf, rtol=1e-6)
    assert trace.line.color == "red"


def test_points_report_their_conformer(traces, branch):
    traces.draw(VIEWS["ramachandran"], [branch], branch.last, ["red"])
    clicked = []
    traces.on_points(clicked=clicked.append, hovered=lambda _: None)
    trace = traces._traces[0]
    last = len(trace.x) - 1
    trace._dispatch_on_click(Points(point_inds=[last], trace_index=0), None)
    assert clicked == [2]


def test_other_conformers_fade(traces, branch):
    traces.draw(VIEWS["ramachandran"], [branch], branch.last, ["red"])
    traces.highlight([1])
    chosen = list(traces._traces[0].selectedpoints)
    per_conformer = len(traces._traces[0].x) // 3
    assert chosen == list(range(per_conformer, 2 * per_conformer))
    traces.highlight([])
    assert traces._traces[0].selectedpoints is None
