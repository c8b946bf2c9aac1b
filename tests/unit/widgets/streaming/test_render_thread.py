"""The thread that draws."""

from __future__ import annotations

import threading
import time

from confdiff_widgets.widgets.streaming.render_thread import RenderThread


def test_one_bad_picture_does_not_end_the_pictures():
    painted, told = threading.Event(), []

    def paint():
        if not told:
            raise ValueError("no such colour")
        painted.set()

    render_thread = RenderThread(paint, lambda error: (told.append(error), render_thread.wake()))
    render_thread.wake()
    assert painted.wait(10)
    assert [str(error) for error in told] == ["no such colour"]
    render_thread.close()


def test_painting_that_must_wait_is_asked_again_without_a_wake():
    asked = []
    again = threading.Event()

    def paint():
        asked.append(len(asked))
        if len(asked) == 3:
            again.set()
            return None
        return 0.01

    render_thread = RenderThread(paint)
    render_thread.wake()
    assert again.wait(10)
    time.sleep(0.1)
    assert asked == [0, 1, 2]
    render_thread.close()
