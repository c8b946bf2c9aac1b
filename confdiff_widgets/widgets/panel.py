"""Panels of the Explorer that are drawn by their own JavaScript modules (js/widgets/src)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import Widget

STATIC = Path(__file__).parent / "static"

Handler = Callable[[dict[str, Any]], None]
"""Receives a message of a panel; may be called on any of the kernel's threads."""


class Panel(anywidget.AnyWidget):
    """A module that draws one trait, ``state``, and sends messages.

    A subclass names the module, which is built from a folder of js/widgets/src.

    Parameters
    ----------
    on_message : callable
    state : mapping
        As in ``state.ts`` of the module.
    """

    state = traitlets.Dict().tag(sync=True)

    def __init__(self, on_message: Handler, state: Mapping[str, Any]) -> None:
        super().__init__(state=dict(state))
        self.on_msg(lambda _, message, __: on_message(message))
        handle_messages_while_busy(self)

    def draw(self, state: Mapping[str, Any]) -> None:
        """Send a state if it differs from the last one."""
        if state != self.state:
            self.state = dict(state)


class Header(Panel):
    """Title, transport, progress and notices."""

    _esm, _css = STATIC / "header.js", STATIC / "header.css"


class ParametersPanel(Panel):
    """γ, η and the settings of the next run."""

    _esm, _css = STATIC / "parameters.js", STATIC / "parameters.css"


class Toolbar(Panel):
    """A row of small controls."""

    _esm, _css = STATIC / "toolbar.js", STATIC / "toolbar.css"


class TimelineStrip(Panel):
    """The timeline of a run, and the branches."""

    _esm, _css = STATIC / "timeline.js", STATIC / "timeline.css"


class EnsembleTable(Panel):
    """The conformers, and the exports."""

    _esm, _css = STATIC / "ensemble.js", STATIC / "ensemble.css"


def handle_messages_while_busy(*widgets: Widget) -> None:
    """Handle the messages of these widgets while a cell runs.

    JupyterLab sends widget messages to a subshell of the kernel, a thread that is free while the
    main thread runs a cell. ipykernel redirects them to the thread from which the widget was last
    updated: the busy main thread for everything that a cell created. This turns the redirection
    off. Observers are then called in the thread of the subshell, so they must be thread-safe.
    """
    for widget in widgets:
        if widget.comm is not None:
            widget.comm._reply_subshell_for = None  # read by ipykernel.kernelbase


def close_all(*widgets: Widget) -> None:
    """Close widgets and those inside them: kernel and page keep every widget until it is closed."""
    for widget in widgets:
        owned = [getattr(widget, name, None) for name in ("layout", "style")]
        close_all(*getattr(widget, "children", ()), *(w for w in owned if isinstance(w, Widget)))
        widget.close()
