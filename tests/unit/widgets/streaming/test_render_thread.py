"""The thread that renders."""

from __future__ import annotations

import threading
import time

from confdiff_widgets.widgets.streaming.render_thread import RenderThread


def test_rendering_continues_after_an_error():
    rendered, errors = threading.Event(), []

    def render():
        if not errors:
            raise ValueError("no such colour")
        rendered.set()

    render_thread = RenderThread(render, lambda error: (errors.append(error), render_thread.wake()))
    render_thread.wake()
    assert rendered.wait(10)
    assert [str(error) for error in errors] == ["no such colour"]
    render_thread.close()


def test_rendering_is_repeated_after_the_returned_delay():
    calls = []
    again = threading.Event()

    def render():
        calls.append(len(calls))
        if len(calls) == 3:
            again.set()
            return None
        return 0.01

    render_thread = RenderThread(render)
    render_thread.wake()
    assert again.wait(10)
    time.sleep(0.1)
    assert calls == [0, 1, 2]
    render_thread.close()
