"""The panels of the Explorer that have their own JavaScript, created and updated together."""

from __future__ import annotations

from ... import proteins
from ..panel import EnsembleTable, Handler, Header, ParametersPanel, TimelineStrip, Toolbar
from . import view_model
from .background import Background, background_at
from .captions import about_plane, meaning_of_tics
from .curves import ABOUT_CURVES, TABS
from .display_options import help_control, tabs_toolbar
from .energy_curve import about_energy
from .exports import Export
from .panel_states import ToolbarState
from .state import ExplorerState


class Panels:
    """Header, parameters, toolbar of the viewer, tabs of the curves, timeline and table.

    Parameters
    ----------
    state : ExplorerState
        What they show.
    on_message : callable
        Receives the messages of all panels.
    view : str
        Selected tab of the curves.
    """

    def __init__(self, state: ExplorerState, on_message: Handler, view: str):
        self._state = state
        self._proteins = proteins.names()
        self._meaning = meaning_of_tics(state.session.system)
        self._background = background_at(state.session.system, None, state.session.own_ensemble)
        self.header = Header(on_message, view_model.header(state, 0))
        self.parameters = ParametersPanel(on_message, view_model.parameters(state, self._proteins))
        self.toolbar = Toolbar(on_message, self._display_toolbar())
        self.tabs = Toolbar(on_message, self._curve_tabs(view))
        self.timeline = TimelineStrip(on_message, view_model.timeline(state))
        self.table = EnsembleTable(on_message, view_model.ensemble(state))

    def draw(self, number: int, view: str, background: Background) -> None:
        """Send what has changed. The header goes last, because it acknowledges the update."""
        state, self._background = self._state, background
        self.parameters.draw(view_model.parameters(state, self._proteins))
        self.toolbar.draw(self._display_toolbar())
        self.tabs.draw(self._curve_tabs(view))
        self.timeline.draw(view_model.timeline(state))
        self.table.draw(view_model.ensemble(state))
        self.draw_header(number)

    def draw_header(self, number: int) -> None:
        """Send the header alone, as update ``number``."""
        self.header.draw(view_model.header(self._state, number))

    def deliver(self, export: Export) -> None:
        """Give a file to the browser, or a text to its clipboard."""
        self._state.export_message = export.message
        if export.data is not None:
            self.table.send({"file": export.name}, buffers=[export.data])
        else:
            self.table.send({"text": export.text})

    def highlight(self, conformer: int | None) -> None:
        """Highlight the row of a conformer; None highlights none."""
        self.table.send({"hovered": conformer})

    def _display_toolbar(self) -> ToolbarState:
        session = self._state.session
        guided = session.config.guidance != "none"
        return self._state.display.toolbar(
            "" if guided else "this run has no physical guidance",
            "the folded structure of this sequence is unknown"
            if session.system.folded is None
            else "",
        )

    def _about_energy(self) -> str:
        surrogate = self._state.session.system.energy_surrogate()
        errors = () if surrogate is None else surrogate.errors
        return about_energy(errors, self._background.energies)

    def _curve_tabs(self, view: str) -> ToolbarState:
        toolbar = tabs_toolbar("Curves", view, TABS, ABOUT_CURVES)
        about = about_plane(self._state.session.system, self._background, self._meaning)
        toolbar["controls"] += [
            help_control("plane", "the plane", about),
            help_control("energy", "the energies", self._about_energy()),
        ]
        return toolbar
