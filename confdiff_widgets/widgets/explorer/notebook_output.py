"""What a saved notebook keeps of an Explorer: notebooks do not save the widget itself."""

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
"""CSS pixels, of the 1600 drawn: sharp on a dense screen."""

REST = 1.0
"""Seconds after the end of a run that the screen has to itself."""


class NotebookOutput:
    """An output of the Explorer's cell: words at first, then a picture of the run that finished.

    A live Explorer hides the output below it (js/widgets/src/shared/theme.css), so it is seen in
    a notebook that is opened without a kernel, and wherever widgets are not shown at all. It is
    drawn in a thread of its own: when a run has finished, and once more when OpenMM has done what
    it can for its energies.

    Parameters
    ----------
    session : callable
        Returns the session of the moment.
    """

    def __init__(self, session: Callable[[], Session]):
        self._session = session
        self._handle = DisplayHandle()
        self._output: dict[str, Any] = {
            "text/plain": "A ConfDiff Explorer was here. No run had finished when the notebook "
            "was saved; run the cell to go on."
        }
        self._drawn: tuple[Frame, bool] | None = None
        self._ended: tuple[Frame, float] | None = None
        self._render_thread = RenderThread(self._draw)

    def show(self) -> None:
        """Add it to the outputs of the cell that runs; several cells may have it."""
        self._handle.display(self._output, raw=True, metadata=METADATA)

    def wake(self) -> None:
        """The session has changed. Any thread, returns at once."""
        self._render_thread.wake()

    def update(self, png: bytes) -> None:
        """Put another picture in its place, in all cells that have it. Any thread."""
        self._output = {"image/png": png, "text/plain": "The last run in a ConfDiff Explorer"}
        self._handle.update(self._output, raw=True, metadata=METADATA)

    def close(self) -> None:
        self._render_thread.close()

    def _draw(self) -> float | None:
        session = self._session()
        branch = session.current
        frame = branch.last
        if frame is None or frame.t > 0:
            return None
        moment = frame, frame.step in branch.openmm and session.energies.idle
        if moment == self._drawn:
            return None
        if self._ended is None or self._ended[0] is not frame:
            self._ended = frame, time.monotonic()
        if (rest := self._ended[1] + REST - time.monotonic()) > 0:
            return rest
        from .run_figure import picture  # matplotlib would hold up the first picture on the screen

        self._drawn = moment
        self.update(picture(session, frame))
        return_freed_memory()
        return None
