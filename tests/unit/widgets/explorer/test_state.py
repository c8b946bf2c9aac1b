"""The state of the Explorer: the frame that is shown, exported conformers, comparisons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from confdiff_widgets.guidance import Schedule
from confdiff_widgets.widgets.explorer.state import ExplorerState, slider_value


@pytest.fixture
def state(finished):
    return ExplorerState(finished(samples=4, steps=4), None)


def test_the_newest_frame_is_shown_unless_a_step_is_chosen(state):
    assert state.frame.step == 4
    state.step = 2
    assert state.frame.step == 2
    state.notice = "x"
    state.follow_run()
    assert (state.frame.step, state.notice) == (4, "")


def test_exports_are_the_selected_and_valid_conformers(state):
    frame = state.frame
    frame.valid[:] = [[True, True], [False, True], [True, True], [True, False]]
    assert state.exported_conformers(frame) == [0, 1, 2, 3]
    state.only_valid = True
    assert state.exported_conformers(frame) == [0, 2]
    state.display.selected = [3, 2, 9]
    assert state.exported_conformers(frame) == [2]
    state.only_valid = False
    assert state.exported_conformers(frame) == [2, 3]


def test_a_comparison_ends_with_its_branch(state):
    state.compared = "B"
    state.stop_comparing()
    assert state.compared == "B"
    state.stop_comparing("B")
    assert state.compared is None
    state.compared = state.session.current.name
    state.stop_comparing()
    assert state.compared is None


def test_systems_with_other_networks_stay_on_offer(state):
    bundled = state.session.system
    state.remember(bundled)
    assert state.systems == {}
    other = replace(bundled, model="mine")
    state.remember(other)
    assert state.systems == {"mine": other}


def test_a_slider_shows_the_value_of_a_schedule():
    assert slider_value(0.5) == 0.5
    assert slider_value(Schedule(2.0, start=0.6, stop=0.1)) == 2.0
