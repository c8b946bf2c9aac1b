"""Keep a figure of the last run in saved notebooks, which do not store the widget itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from IPython.display import DisplayHandle

from ...live.frame import Frame
from ...live.session import Session
from ...live.threads import return_freed_memory
from ..streaming.render_thread import RenderThread

METADATA = {"image/png": {"width": 960}}
"""Width in CSS pixels. The figure has 1600 pixels, so it is sharp on dense screens."""

DELAY = 1.0
"""Time (s) after the end of a run before the figure is drawn: the screen is drawn first."""


class NotebookOutput:
    """An output of the Explorer's cell: a text at first, then a figure of the last finished run.

    A live Explorer hides this output (js/widgets/src/shared/theme.css). It is visible in notebooks
    without a kernel, and wherever widgets are not shown. It is drawn in its own thread when a run
    has finished, and again when OpenMM has computed the energies.

    Parameters
    ----------
    session : callable
        Returns the present session.
    """

    def __init__(self, session: Callable[[], Session]):
        self._session = session
        self._handle = DisplayHandle()
        self._output: dict[str, Any] = {
            "text/plain": "A ConfDiff Explorer. No run had finished when this notebook was saved; "
            "run the cell to start one."
        }
        self._drawn: tuple[Frame, bool] | None = None
        self._finished: tuple[Frame, float] | None = None
        self._render_thread = RenderThread(self._draw)

    def show(self) -> None:
        """Add the output to the running cell; several cells may show it."""
        self._handle.display(self._output, raw=True, metadata=METADATA)

    def wake(self) -> None:
        """Note that the session has changed. Any thread; returns at once."""
        self._render_thread.wake()

    def update(self, png: bytes) -> None:
        """Replace the figure in all cells that show it. Any thread."""
        self._output = {"image/png": png, "text/plain": "The last run of a ConfDiff Explorer"}
        self._handle.update(self._output, raw=True, metadata=METADATA)

    def close(self) -> None:
        """End the thread."""
        self._render_thread.close()

    def _draw(self) -> float | None:
        session = self._session()
        branch = session.current
        frame = branch.last
        if frame is None or frame.t > 0:
            return None
        version = frame, frame.step in branch.openmm and session.energies.idle
        if version == self._drawn:
            return None
        if self._finished is None or self._finished[0] is not frame:
            self._finished = frame, time.monotonic()
        if (delay := self._finished[1] + DELAY - time.monotonic()) > 0:
            return delay
        from .run_figure import run_figure  # loads matplotlib, which would delay the first frame

        self._drawn = version
        self.update(run_figure(session, frame))
        return_freed_memory()
        return None
