"""A thread that draws."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class RenderThread:
    """Calls ``paint`` after `wake`, however often that was called meanwhile.

    Whoever wakes it never waits, and no two calls run at once. After an error it goes on, for one
    bad picture must not end the pictures.

    Parameters
    ----------
    paint : callable
        May return seconds after which it wants to be called again even if nobody wakes it.
    failed : callable, optional
        Called with the error in the render_thread's thread; must not raise.
    """

    def __init__(
        self, paint: Callable[[], float | None], failed: Callable[[Exception], None] | None = None
    ):
        self._paint, self._failed = paint, failed
        self._due = threading.Event()
        self._closed = False
        self._thread = threading.Thread(
            target=self._work, name="confdiff-render", daemon=True
        )
        self._thread.start()

    def wake(self) -> None:
        """There is something to draw. Any thread."""
        self._due.set()

    def close(self) -> None:
        self._closed = True
        self._due.set()

    def _work(self) -> None:
        again: float | None = None
        while not self._closed:
            self._due.wait(again)
            self._due.clear()
            again = None
            try:
                again = self._paint()
            except Exception as error:
                log.exception("A picture could not be drawn")
                if self._failed is not None:
                    self._failed(error)
