"""The curves: values of each view, axes, and thinning."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.analysis import local_geometry
from confdiff_widgets.widgets.explorer.curves import ANGLES, TABS, VIEWS, ramachandran_view

STEPS = 4


@pytest.fixture
def branch(finished):
    return finished(samples=3, steps=STEPS).current


def test_every_view_has_titles_and_a_tab_but_the_energy():
    assert set(TABS) == set(VIEWS) - {"energy"}
    for view in VIEWS.values():
        assert view.title and view.x and view.y


def test_the_rmsf_is_that_of_the_frame_that_is_shown(branch):
    lines, _ = VIEWS["rmsf"].lines([branch, branch], branch.frames[2])
    np.testing.assert_allclose(lines[0].y, branch.frames[2].rmsf)
    np.testing.assert_allclose(lines[1].y, branch.last.rmsf)
    assert list(lines[0].x) == list(range(1, 11))


def test_scores_are_drawn_at_the_time_of_their_evaluation(branch):
    lines, _ = VIEWS["scores"].lines([branch], branch.last)
    total = next(line for line in lines if line.name.endswith("total"))
    np.testing.assert_allclose(total.x, branch.times[:STEPS], rtol=1e-6)
    expected = [branch.frames[step].scores["total"] for step in range(1, STEPS + 1)]
    np.testing.assert_allclose(total.y, expected, rtol=1e-6)


def test_torsions_are_those_of_the_chosen_residues(branch):
    frame = branch.last
    (line,), _ = ramachandran_view([3]).lines([branch], frame)
    angles = local_geometry(frame.predicted)
    np.testing.assert_allclose(line.x, angles.phi[:, 2], atol=1e-6)
    np.testing.assert_allclose(line.y, angles.psi[:, 3], atol=1e-6)
    assert line.markers and line.conformers.tolist() == [0, 1, 2]
    assert ramachandran_view([0]).lines([branch], frame)[1] == "the ends have no φ and ψ"


def test_axes_cover_the_whole_run_before_it_ends(branch):
    assert VIEWS["diversity"].span([branch]) == pytest.approx((-0.02 * STEPS, 1.02 * STEPS))
    assert VIEWS["scores"].span([branch]) == (1.0, -0.02)
    assert VIEWS["ramachandran"].span([branch]) == ANGLES
    assert VIEWS["rmsf"].span([branch]) is None
    assert VIEWS["diversity"].x_of(branch.last) == STEPS
    assert VIEWS["scores"].x_of(branch.last) == 0
