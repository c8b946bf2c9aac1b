"""The Explorer's own modules, made and drawn together."""

from __future__ import annotations

from typing import Any

from ... import proteins
from ..panel import EnsembleTable, Handler, Header, ParametersPanel, TimelineStrip, Toolbar
from . import view_model
from .captions import about_plane
from .controller import ExplorerController
from .curves import ABOUT_CURVES, ABOUT_ENERGY, TABS
from .display_options import about, tabs
from .exports import Export


class Panels:
    """Header, knobs, toolbar of the viewer, tabs of the curves, timeline and table.

    Parameters
    ----------
    controller : ExplorerController
        What they show.
    heard : callable
        Gets the messages of all.
    view : str
        Of the curves.
    """

    def __init__(self, controller: ExplorerController, heard: Handler, view: str):
        self._controller = controller
        self._proteins = proteins.names()
        self._about_plane = about_plane(controller.session.system)
        self.header = Header(heard, view_model.header(controller, 0))
        self.knobs = ParametersPanel(heard, view_model.knobs(controller, self._proteins))
        self.toolbar = Toolbar(heard, self._looks())
        self.tabs = Toolbar(heard, self._curves(view))
        self.timeline = TimelineStrip(heard, view_model.timeline(controller))
        self.table = EnsembleTable(heard, view_model.ensemble(controller))

    def draw(self, number: int, view: str) -> None:
        """Send what has changed; the header, which answers for all, goes last."""
        controller = self._controller
        self.knobs.draw(view_model.knobs(controller, self._proteins))
        self.toolbar.draw(self._looks())
        self.tabs.draw(self._curves(view))
        self.timeline.draw(view_model.timeline(controller))
        self.table.draw(view_model.ensemble(controller))
        self.draw_header(number)

    def draw_header(self, number: int) -> None:
        """The header alone, as the picture of this number."""
        self.header.draw(view_model.header(self._controller, number))

    def hand_over(self, export: Export) -> None:
        """Give a file to the browser, or a text to its clipboard."""
        self._controller.told = export.told
        if export.data is not None:
            self.table.send({"file": export.name}, buffers=[export.data])
        else:
            self.table.send({"text": export.text})

    def point_at(self, conformer: int | None) -> None:
        """Light the row of a conformer."""
        self.table.send({"pointed": conformer})

    def _looks(self) -> dict[str, Any]:
        session = self._controller.session
        guided = session.config.guidance != "none"
        return self._controller.display.toolbar(
            "" if guided else "no physical guidance in this run",
            "" if session.system.reference else "no folded structure of this sequence is known",
        )

    def _curves(self, view: str) -> dict[str, Any]:
        state = tabs("Curves", view, TABS, ABOUT_CURVES)
        for key, label, text in (
            ("plane", "the TIC plane", self._about_plane),
            ("energy", "the energies", ABOUT_ENERGY),
        ):
            state["controls"].append(about(key, label, text))
        return state
