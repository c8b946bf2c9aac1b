"""The thread that draws."""

from __future__ import annotations

import threading

from confdiff_widgets.widgets._painter import Painter


def test_one_bad_picture_does_not_end_the_pictures():
    painted, told = threading.Event(), []

    def paint():
        if not told:
            raise ValueError("no such colour")
        painted.set()

    painter = Painter(paint, lambda error: (told.append(error), painter.wake()))
    painter.wake()
    assert painted.wait(10)
    assert [str(error) for error in told] == ["no such colour"]
    painter.close()
