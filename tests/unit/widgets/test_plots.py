"""The plots, as branches come and go."""

from __future__ import annotations

import pytest

from confdiff_widgets.widgets.plots import Plots

STEPS = 4


@pytest.fixture
def branches(finished):
    return [finished(samples=3, steps=STEPS, seed=seed).current for seed in (1, 2)]


@pytest.fixture
def plots(finished):
    return Plots(finished(samples=3, steps=STEPS).subject)


def test_other_branches_have_points(plots, branches):
    for current in branches:
        plots.show(branches, current, STEPS)
        other = next(branch for branch in branches if branch is not current)
        assert plots._others.x.tolist() == pytest.approx(other.last.tics[:, 0].tolist())


def test_points_of_a_branch_go_with_it(plots, branches):
    first = branches[0]
    plots.show(branches, first, STEPS)
    plots.show([first], first, STEPS)
    assert len(plots._others.x) == 0
    assert len(plots._points.x) == 3


def test_what_the_page_fills_in_is_not_taken(plots, branches):
    """plotly compares it with the data, and fails at arrays, after every change."""
    plots.show(branches, branches[0], STEPS)
    figure = plots.figure
    deltas = [{"uid": trace.uid, "x": {"dtype": "f4", "bdata": ""}} for trace in figure.data]
    edit = figure._last_trace_edit_id
    figure.set_state({"_js2py_traceDeltas": {"trace_deltas": deltas, "trace_edit_id": edit}})
    assert len(plots._points.x) == 3
