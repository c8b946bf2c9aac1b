"""A thread that draws."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Painter:
    """Calls ``paint`` after `wake`, however often that was called meanwhile.

    Whoever wakes it never waits, and no two calls run at once.
    """

    def __init__(self, paint: Callable[[], None]):
        self._paint = paint
        self._due = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="confdiff-painter", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something to draw. Any thread."""
        self._due.set()

    def close(self) -> None:
        self._closed = True
        self._due.set()

    def _work(self) -> None:
        while not self._closed:
            self._due.wait()
            self._due.clear()
            try:
                self._paint()
            except Exception:  # one bad picture must not end the pictures
                log.exception("A picture could not be drawn")
