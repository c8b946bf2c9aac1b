"""Structures and the rest take turns on the page; the page is played by hand."""

from __future__ import annotations

import math
import time

import pytest

from confdiff_widgets.widgets.explorer.controller import ExplorerController
from confdiff_widgets.widgets.explorer.panels import Panels
from confdiff_widgets.widgets.explorer.plots import Plots
from confdiff_widgets.widgets.streaming import scheduler
from confdiff_widgets.widgets.streaming.scheduler import RenderScheduler
from confdiff_widgets.widgets.viewer import viewer
from confdiff_widgets.widgets.viewer.viewer_pair import ViewerPair


class Page:
    """What was sent to it, and its answers."""

    def __init__(self, session):
        self.controller = ExplorerController(session, None, folder=None)
        self.views = ViewerPair(lambda: viewer.StructureViewer(session.system.sequence))
        plots = Plots(session.system)
        self.parts = Panels(self.controller, print, plots.view)
        self.drawing = RenderScheduler(self.controller, self.views, plots, self.parts)

    @property
    def structures(self):
        return self.views.first._stage.scene["number"]

    @property
    def rest(self):
        return self.parts.header.state["number"]

    def answer_structures(self):
        self.views.first._answered(None, {"painted": self.structures}, [])

    def answer_rest(self):
        self.drawing.painted(self.rest)

    def has(self, structures, rest):
        deadline = time.monotonic() + 10
        while (self.structures, self.rest) != (structures, rest):
            assert time.monotonic() < deadline, (self.structures, self.rest)
            time.sleep(0.01)
        time.sleep(0.1)  # for what should not come
        return (self.structures, self.rest) == (structures, rest)


@pytest.fixture
def page(finished, monkeypatch):
    monkeypatch.setattr(viewer, "SHARE", math.inf)  # no rests
    monkeypatch.setattr(scheduler, "SHARE", math.inf)
    monkeypatch.setattr(scheduler, "PERIOD", 0.0)
    page = Page(finished())
    yield page
    page.drawing.close()


def test_plots_wait_until_the_structures_are_painted(page):
    assert page.drawing.ready
    page.drawing.changed()
    assert page.has(1, 0)
    assert not page.drawing.ready
    page.answer_structures()
    assert page.has(1, 1)


def test_structures_wait_until_the_plots_are_painted_and_are_then_the_newest(page):
    page.drawing.changed()
    assert page.has(1, 0)
    page.answer_structures()
    assert page.has(1, 1)
    for step in (1, 2, 3):
        page.controller.at = step
        page.drawing.changed()
    assert page.has(1, 1)
    assert not page.drawing.ready
    page.answer_rest()
    assert page.has(2, 1)
    page.answer_structures()
    assert page.has(2, 2)
    assert page.parts.timeline.state["at"] == 3


def test_a_page_that_does_not_answer_gets_everything_in_the_end(page, monkeypatch):
    monkeypatch.setattr(viewer.Backpressure, "busy_for", 0.0)  # overdue
    page.drawing.changed()
    assert page.has(1, 1)


def test_an_error_is_said_in_the_header_and_the_pictures_go_on(page, monkeypatch):
    def fail(*_):
        raise ValueError("no such colour")

    monkeypatch.setattr(page.controller.display, "which", fail)
    page.drawing.changed()
    deadline = time.monotonic() + 10
    while "no such colour" not in page.parts.header.state["message"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    monkeypatch.undo()
    page.answer_rest()
    page.controller.at = 1
    page.drawing.changed()
    assert page.has(1, page.rest)
