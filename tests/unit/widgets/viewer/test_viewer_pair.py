"""One viewer, or two with one camera."""

from __future__ import annotations

import pytest

from confdiff_widgets.widgets.viewer.viewer import StructureViewer
from confdiff_widgets.widgets.viewer.viewer_pair import ViewerPair

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def pair():
    pair = ViewerPair(lambda: StructureViewer(SEQUENCE), lambda: StructureViewer(SEQUENCE))
    yield pair
    pair.close()


def test_the_second_viewer_is_made_once_and_shares_the_camera(pair):
    assert pair.children == (pair.first,)
    second = pair.show_second()
    assert pair.children == (pair.first, second)
    assert pair.first.camera_group == second.camera_group != ""
    pair.hide_second()
    assert pair.children == (pair.first,)
    assert pair.show_second() is second


def test_frames_that_either_viewer_has_painted_are_reported(pair):
    painted = []
    pair.on_painted(lambda: painted.append(1))
    for viewer in (pair.first, pair.show_second()):
        before = len(painted)
        for callback in viewer._on_painted:
            callback()
        assert len(painted) == before + 1


def test_a_hidden_viewer_does_not_keep_the_pair_busy(pair, monkeypatch):
    second = pair.show_second()
    seconds = {pair.first: 0.5, second: 2.0}
    monkeypatch.setattr(StructureViewer, "busy_for", property(lambda viewer: seconds[viewer]))
    assert pair.busy_for == 2.0
    pair.hide_second()
    assert pair.busy_for == 0.5
