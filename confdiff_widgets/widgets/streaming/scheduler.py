"""The Explorer's pictures, one after the other: structures first, the plots and parts in turn."""

from __future__ import annotations

from ... import palette
from ..explorer.controller import ExplorerController
from ..explorer.panels import Panels
from ..explorer.plots import Plots
from ..viewer.viewer_pair import ViewerPair
from .backpressure import Backpressure
from .render_thread import RenderThread

PERIOD = 0.25
"""Seconds between two pictures of the plots, at least."""
SHARE = 0.2
"""Of the time that pictures of the plots may be under way; they cost more than the structures."""


class RenderScheduler:
    """Draws what lies on the controller in a thread of its own.

    A page paints structures and plots in one thread. What is sent while it is busy would be old
    when it is seen: so structures wait until the plots are painted and plots until the structures
    are, and then show what is newest.

    Parameters
    ----------
    controller : ExplorerController
        What is drawn.
    views, plots, parts : ViewerPair, Plots, Panels
        Where it is drawn.
    """

    def __init__(
        self, controller: ExplorerController, views: ViewerPair, plots: Plots, parts: Panels
    ):
        self._controller, self._views, self._plots, self._parts = controller, views, plots, parts
        self._due: int | None = None
        self._structures: object = None
        self._backpressure = Backpressure(self._announce, PERIOD, SHARE)
        self._render_thread = RenderThread(self._paint, self._not_painted)
        views.on_painted(self._render_thread.wake)

    @property
    def ready(self) -> bool:
        """Whether a new frame would be sent to the page at once. Any thread."""
        return self._views.first.ready and not self._backpressure.busy_for

    def changed(self) -> None:
        """There is something new. Any thread; returns at once."""
        self._render_thread.wake()
        self._backpressure.changed()

    def painted(self, number: int) -> None:
        """The page has painted the plots and parts of this number. Any thread."""
        self._backpressure.painted(number)
        self._render_thread.wake()

    def close(self) -> None:
        """End the thread."""
        self._render_thread.close()

    def _announce(self, number: int) -> None:
        self._due = number
        self._render_thread.wake()

    def _paint(self) -> float | None:
        """In the render_thread's thread: what is new, or seconds until it may be drawn."""
        if self._due is None and (busy := self._backpressure.busy_for):
            return busy
        self._draw_structures()
        if self._due is None:
            return None
        if busy := self._views.busy_for:
            return busy
        number, self._due = self._due, None
        self._draw_rest(number)
        return None

    def _draw_structures(self) -> None:
        controller = self._controller
        frame = controller.frame
        looks = repr(controller.display), controller.compared
        if frame is None or (frame, looks) == self._structures:
            return
        self._structures = frame, looks
        controller.display.draw(
            self._views.first, frame, self._branch_color(controller.session.current.name)
        )
        if controller.compared is None:
            self._views.alone()
            return
        viewer = self._views.second()
        frame = controller.session.find(controller.compared).nearest(frame.step)
        if frame is not None:
            controller.display.draw(viewer, frame, self._branch_color(controller.compared))

    def _draw_rest(self, number: int) -> None:
        session, frame = self._controller.session, self._controller.frame
        step = frame.step if frame else 0
        self._plots.show(
            session.branches, session.current, step, self._controller.display.outstanding
        )
        self._parts.draw(number, self._plots.view)

    def _branch_color(self, name: str) -> str | None:
        """Two branches side by side have a colour each; alone, each conformer has."""
        return None if self._controller.compared is None else palette.branch(name)

    def _not_painted(self, error: Exception) -> None:
        """Say so in the header, which also lets the next picture go."""
        self._controller.notice = f"A picture could not be drawn: {type(error).__name__}: {error}"
        self._parts.draw_header(self._backpressure.sent)
