"""Draw the state of the Explorer: structures in the viewers, everything else in the panels."""

from __future__ import annotations

from ... import palette
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.physical_term import with_physical_term
from ...live.player import Status
from ..viewer.viewer_pair import ViewerPair
from .panels import Panels
from .plots import Plots
from .second_sequence import titles
from .state import ExplorerState


class ExplorerRenderer:
    """Draws the present state; the `RenderScheduler` says when.

    Parameters
    ----------
    state : ExplorerState
        What is drawn.
    views, plots, panels : ViewerPair, Plots, Panels
        Where it is drawn.
    """

    def __init__(self, state: ExplorerState, views: ViewerPair, plots: Plots, panels: Panels):
        self._state, self._views, self._plots, self._panels = state, views, plots, panels
        self._drawn: object = None  # frame and options of the structures that were drawn last

    def draw_structures(self) -> None:
        """Draw the structures if the frame or the display options have changed."""
        state = self._state
        frame = self._complete(state.session.current, state.frame)
        branch, color = self._second()
        other = None
        if frame is not None and branch is not None:
            other = self._complete(branch, branch.nearest(frame.step))
        title, other_title = titles(state)
        drawn = frame, other, repr(state.display), title, other_title
        if frame is None or drawn == self._drawn:
            return
        self._drawn = drawn
        first_color = None if branch is None else palette.branch(state.session.current.name)
        state.display.draw(self._views.first, frame, first_color, title)
        if branch is None:
            self._views.hide_second()
            return
        viewer = self._views.show_second()
        if other is not None:
            state.display.draw(viewer, other, color, other_title)

    def draw_panels(self, number: int) -> None:
        """Draw the plots and panels as update ``number``."""
        session, frame = self._state.session, self._state.frame
        step = frame.step if frame else 0
        second = self._state.second
        self._plots.show(
            session.branches,
            session.current,
            step,
            self._state.display.highlighted,
            second=None if second is None else second.current,
        )
        self._panels.draw(number, self._plots.view, self._plots.background)

    def _complete(self, branch: Branch, frame: Frame | None) -> Frame | None:
        """Add the physical term if it is shown; a run at full speed does not wait for it."""
        session = self._state.session
        full_speed = session.player.status is Status.RUNNING and session.player.speed is None
        shown = self._state.display.shows_force or self._plots.view in ("scores", "force")
        if frame is None or full_speed or not shown:
            return frame
        return with_physical_term(branch, frame)

    def show_error(self, error: Exception, number: int) -> None:
        """Report an error of drawing in the header, as update ``number``."""
        self._state.notice = f"This frame could not be drawn: {type(error).__name__}: {error}"
        self._panels.draw_header(number)

    def _second(self) -> tuple[Branch | None, str]:
        """Return the branch in the second viewer, if any, and its colour."""
        state = self._state
        if state.second is not None:
            return state.second.current, palette.SECOND_SEQUENCE
        if state.compared is not None:
            return state.session.branches.find(state.compared), palette.branch(state.compared)
        return None, ""
