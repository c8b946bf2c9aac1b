"""Structures and panels take turns; the test answers for the page."""

from __future__ import annotations

import math
import time

import pytest

from confdiff_widgets.widgets.streaming import scheduler
from confdiff_widgets.widgets.streaming.backpressure import Backpressure
from confdiff_widgets.widgets.streaming.scheduler import RenderScheduler

from ...waiting import wait_for


class Structures:
    """A stream of structures, with the last one that the page has received."""

    def __init__(self):
        self.newest = self.shown = 0
        self.callbacks = []
        self.backpressure = Backpressure(self._publish)

    def _publish(self, _):
        self.shown = self.newest

    @property
    def ready(self):
        return self.backpressure.ready

    @property
    def busy_for(self):
        return self.backpressure.busy_for

    def on_painted(self, callback):
        self.callbacks.append(callback)

    def answer(self):
        self.backpressure.painted(self.backpressure.sent)
        for callback in self.callbacks:
            callback()


class Page:
    """A renderer of numbered states that records what the page has received."""

    def __init__(self):
        self.state = 1
        self.drawn = None
        self.panels = self.panels_state = 0
        self.failure = None
        self.errors = []
        self.structures = Structures()
        self.scheduler = RenderScheduler(self, self.structures)

    def draw_structures(self):
        if self.failure is not None:
            raise self.failure
        if self.state != self.drawn:
            self.structures.newest = self.drawn = self.state
            self.structures.backpressure.changed()

    def draw_panels(self, number):
        self.panels, self.panels_state = number, self.state

    def show_error(self, error, number):
        self.errors.append(str(error))
        self.panels = number

    def answer_panels(self):
        self.scheduler.painted(self.panels)

    def change(self):
        self.state += 1
        self.scheduler.changed()

    def has_received(self, structures, panels):
        sent = self.structures.backpressure
        wait_for(lambda: (sent.sent, self.panels) == (structures, panels))
        time.sleep(0.1)  # for updates that must not come
        return (sent.sent, self.panels) == (structures, panels)


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setattr(scheduler, "SHARE", math.inf)  # no pauses
    monkeypatch.setattr(scheduler, "MIN_INTERVAL", 0.0)
    page = Page()
    yield page
    page.scheduler.close()


def test_panels_wait_until_the_structures_are_painted(page):
    assert page.scheduler.ready
    page.scheduler.changed()
    assert page.has_received(1, 0)
    assert not page.scheduler.ready
    page.structures.answer()
    assert page.has_received(1, 1)


def test_structures_wait_until_the_panels_are_painted_and_are_then_the_newest(page):
    page.scheduler.changed()
    assert page.has_received(1, 0)
    page.structures.answer()
    assert page.has_received(1, 1)
    for _ in range(3):
        page.change()
    assert page.has_received(1, 1)
    assert not page.scheduler.ready
    page.answer_panels()
    assert page.has_received(2, 1)
    assert page.structures.shown == 4
    page.structures.answer()
    assert page.has_received(2, 2)
    assert page.panels_state == 4


def test_a_page_that_does_not_answer_receives_everything_in_the_end(page, monkeypatch):
    monkeypatch.setattr(Backpressure, "busy_for", 0.0)  # all answers are overdue
    page.scheduler.changed()
    assert page.has_received(1, 1)


def test_an_error_is_reported_and_rendering_continues(page):
    page.failure = ValueError("no such colour")
    page.scheduler.changed()
    wait_for(lambda: "no such colour" in page.errors)
    page.failure = None
    page.answer_panels()
    page.change()
    assert page.has_received(1, page.panels)
