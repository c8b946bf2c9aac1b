"""The plots, as branches come and go."""

from __future__ import annotations

import numpy as np
import pytest
from plotly.callbacks import Points

from confdiff_widgets import palette
from confdiff_widgets.widgets.explorer.curves import VIEWS
from confdiff_widgets.widgets.explorer.plots import Plots

from ...sessions import play

STEPS = 4


@pytest.fixture
def branches(finished):
    return [finished(samples=3, steps=STEPS, seed=seed).current for seed in (1, 2)]


@pytest.fixture
def plots(finished):
    return Plots(finished(samples=3, steps=STEPS).system)


def test_other_branches_have_points(plots, branches):
    for current in branches:
        plots.show(branches, current, STEPS)
        other = next(branch for branch in branches if branch is not current)
        assert plots._others.x.tolist() == pytest.approx(other.last.tics[:, 0].tolist())


def test_points_of_a_removed_branch_disappear(plots, branches):
    first = branches[0]
    plots.show(branches, first, STEPS)
    plots.show([first], first, STEPS)
    assert len(plots._others.x) == 0
    assert len(plots._points.x) == 3


def test_defaults_from_the_page_are_ignored(plots, branches):
    """plotly would compare them with the data after every change, and fails for arrays."""
    plots.show(branches, branches[0], STEPS)
    figure = plots.figure
    deltas = [{"uid": trace.uid, "x": {"dtype": "f4", "bdata": ""}} for trace in figure.data]
    edit = figure._last_trace_edit_id
    figure.set_state({"_js2py_traceDeltas": {"trace_deltas": deltas, "trace_edit_id": edit}})
    assert len(plots._points.x) == 3


def points_of(plots):
    trace = plots._energy._traces[0]
    return trace if trace.visible else None


def test_energies_of_a_single_branch_have_the_colours_of_the_conformers(plots, branches):
    plots.show(branches[:1], branches[0], STEPS)
    trace = points_of(plots)
    assert trace.customdata.tolist() == [0, 1, 2]
    colors = [trace.marker.colorscale[2 * int(c)][1] for c in trace.marker.color]
    assert colors == [palette.conformer(i) for i in range(3)]
    plots.show(branches, branches[0], STEPS)
    assert points_of(plots).marker.color == palette.branch(branches[0].name)


def test_a_conformer_is_highlighted_in_all_plots(plots, branches):
    plots.show(branches[:1], branches[0], STEPS)
    plots.highlight([1])
    assert plots._points.selectedpoints == points_of(plots).selectedpoints == (1,)
    plots.highlight([])
    assert plots._points.selectedpoints is points_of(plots).selectedpoints is None


@pytest.mark.parametrize("plot", ["plane", "energy"])
def test_points_report_their_conformer(plots, branches, plot):
    """plotly calls all traces for each event, most of them without points."""
    received = []
    plots.on_points(clicked=received.append, hovered=received.append, selected=received.append)
    plots.show(branches[:1], branches[0], STEPS)
    touched = plots._points if plot == "plane" else points_of(plots)
    for event in ("hover", "click", "unhover"):
        for trace in plots.figure.data:
            points = Points(point_inds=[2] if trace is touched else [], xs=[0], ys=[0])
            getattr(trace, f"_dispatch_on_{event}")(points, None)
    assert received == [2, 2, None]


def test_scores_are_drawn_from_noise_to_structure(plots, branches):
    lines, _ = VIEWS["scores"].lines(branches[:1], None)
    x = np.asarray(lines[0].x)
    assert x[0] == 1 and (np.diff(x) < 0).all() and len(x) == STEPS
    plots.view = "scores"
    plots.show(branches[:1], branches[0], STEPS)
    left, right = plots.figure.layout.xaxis3.range
    assert left == 1 and right <= 0


def test_unavailable_energies_are_explained(finished):
    session = finished(samples=3, steps=STEPS)
    session.current.openmm.clear()
    plots = Plots(session.system, "OpenMM unavailable, for a reason")
    plots.show([session.current], session.current, STEPS)
    assert "— estimate, OpenMM unavailable, for a reason" in heading_of(plots)


def heading_of(plots):
    return plots.figure.layout.annotations[plots._energy._heading].text


def test_energies_show_estimates_of_every_step_openmm_and_the_md(plots, branches):
    plots.show(branches[:1], branches[0], STEPS)
    points, estimate, *quantiles = [t for t in plots._energy._traces if t.visible]
    assert points.mode == "markers" and len(points.y) == 3
    assert estimate.x.tolist() == [1, 2, 3, 4] and len(quantiles) >= 2
    assert heading_of(plots) == "Energy (kcal/mol): — estimate, ● OpenMM 3/3, ▒ MD"
    band, shape = plots.background.energies, plots.figure.layout.shapes[plots._energy._band]
    assert (shape.y0, shape.y1) == (band.mean - band.sd, band.mean + band.sd) and shape.visible


def test_without_networks_of_the_protein_openmm_is_alone(without_reference, make_session):
    session = make_session(without_reference)
    play(session)
    session.current.openmm[6] = np.array([-300.0, np.nan, np.inf])
    plots = Plots(session.system)
    plots.show([session.current], session.current, 6)
    heading = heading_of(plots)
    assert heading == "Energy (kcal/mol): ● OpenMM 2/3 (1 failed), no estimate"
    plots.view = "rmsd"
    plots.show([session.current], session.current, 6)
    assert "unknown" in plots.figure.layout.annotations[plots._lower._heading].text


def test_the_force_is_drawn_along_the_sequence(make_session):
    session = make_session(guidance="force", eta=1.0)
    play(session)
    plots = Plots(session.system)
    plots.view = "force"
    plots.show([session.current], session.current, 6)
    mean = plots._lower._traces[0]
    expected = np.linalg.norm(session.current.last.physical_score, axis=-1).mean(axis=0) / 10
    assert mean.x.tolist() == list(range(1, 11))
    assert mean.y.tolist() == pytest.approx(expected.tolist())


def test_the_font_follows_the_page(plots):
    plots.font_size(26)
    layout = plots.figure.layout
    assert (layout.font.size, layout.title.font.size, layout.margin.l) == (22, 24, 96)
    upper, middle, lower = (layout[name].domain for name in ("yaxis", "yaxis2", "yaxis3"))
    assert upper[0] - middle[1] > 0.19 and middle[0] - lower[1] > 0.19 and lower[0] >= 0


def test_a_ramachandran_plot_has_a_maximum_number_of_points(make_session):
    session = make_session(samples=200, steps=2)
    play(session)
    branch = session.current
    (line,), note = VIEWS["ramachandran"].lines([branch], branch.last)
    assert note == "all residues, 125 of 200 conformers"
    assert len(line.x) == len(line.y) == 1000  # of the 8 inner residues
