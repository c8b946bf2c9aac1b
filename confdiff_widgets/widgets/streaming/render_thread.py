"""A thread that renders whenever something has changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class RenderThread:
    """Calls ``render`` once after any number of calls of `wake`.

    `wake` never waits, and no two calls of ``render`` overlap. The thread continues after an error.

    Parameters
    ----------
    render : callable
        May return the time (s) after which it is called again without `wake`.
    on_error : callable, optional
        Called in this thread with an error of ``render``. Must not raise.
    """

    def __init__(
        self,
        render: Callable[[], float | None],
        on_error: Callable[[Exception], None] | None = None,
    ):
        self._render, self._on_error = render, on_error
        self._due = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="confdiff-render", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Note that there is something to render. Any thread; returns at once."""
        self._due.set()

    def close(self) -> None:
        """End the thread after the call in progress."""
        self._closed = True
        self._due.set()

    def _work(self) -> None:
        delay: float | None = None
        while not self._closed:
            self._due.wait(delay)
            self._due.clear()
            delay = None
            try:
                delay = self._render()
            except Exception as error:
                log.exception("Rendering failed")
                if self._on_error is not None:
                    self._on_error(error)
