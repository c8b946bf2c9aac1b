"""Render structures and panels in turns, structures first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .backpressure import Backpressure
from .render_thread import RenderThread

MIN_INTERVAL = 0.25
"""Minimum time (s) between two updates of the panels."""
SHARE = 0.2
"""Fraction of the time that updates of the panels may be in flight. They cost more than the
structures."""


class Renderer(Protocol):
    """Draws the present state. Called in the render thread only."""

    def draw_structures(self) -> None:
        """Draw the structures if they have changed."""
        ...

    def draw_panels(self, number: int) -> None:
        """Draw everything else as update ``number``, which the page acknowledges."""
        ...

    def show_error(self, error: Exception, number: int) -> None:
        """Report an error of drawing as update ``number``. Must not raise."""
        ...


class StructureStream(Protocol):
    """Viewers of structures, which have backpressure of their own."""

    @property
    def ready(self) -> bool:
        """Whether structures would be sent to the page at once."""
        ...

    @property
    def busy_for(self) -> float:
        """Time (s) for which the page may still be painting structures."""
        ...

    def on_painted(self, callback: Callable[[], None]) -> None:
        """Call back after each update that the page has painted."""
        ...


class RenderScheduler:
    """Renders in its own thread, with structures and panels taking turns.

    Parameters
    ----------
    renderer : Renderer
    structures : StructureStream
    """

    def __init__(self, renderer: Renderer, structures: StructureStream):
        self._renderer, self._structures = renderer, structures
        self._due: int | None = None  # update of the panels that may be drawn
        self._backpressure = Backpressure(self._announce, MIN_INTERVAL, SHARE)
        self._render_thread = RenderThread(self._render, self._on_error)
        structures.on_painted(self._render_thread.wake)

    @property
    def ready(self) -> bool:
        """Whether a new frame would be sent to the page at once. Any thread."""
        return self._structures.ready and not self._backpressure.busy_for

    def changed(self) -> None:
        """Note that there is something new. Any thread; returns at once."""
        self._render_thread.wake()
        self._backpressure.changed()

    def painted(self, number: int) -> None:
        """Note that the page has painted this update of the panels. Any thread."""
        self._backpressure.painted(number)
        self._render_thread.wake()

    def close(self) -> None:
        """End the thread."""
        self._render_thread.close()

    def _announce(self, number: int) -> None:
        self._due = number
        self._render_thread.wake()

    def _render(self) -> float | None:
        """Draw what is new, or return the time (s) until it may be drawn."""
        if self._due is None and (busy := self._backpressure.busy_for):
            return busy
        self._renderer.draw_structures()
        if self._due is None:
            return None
        if busy := self._structures.busy_for:
            return busy
        number, self._due = self._due, None
        self._renderer.draw_panels(number)
        return None

    def _on_error(self, error: Exception) -> None:
        """Show the error as the update in flight, so that its answer lets the next one go."""
        self._renderer.show_error(error, self._backpressure.sent)
