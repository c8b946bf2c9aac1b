"""Panels of the Explorer that are drawn by modules of their own (js/widgets/src)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import Widget

STATIC = Path(__file__).parent / "static"

Handler = Callable[[dict[str, Any]], None]
"""Called with what a person did; may come on any of the kernel's threads."""


class Panel(anywidget.AnyWidget):
    """A module and the one trait that it draws; it answers with messages.

    A subclass names the built module, which comes from a folder of js/widgets/src.

    Parameters
    ----------
    heard : callable
    state : dict
        What the module's ``state.ts`` says.
    """

    state = traitlets.Dict().tag(sync=True)

    def __init__(self, heard: Handler, state: dict[str, Any]) -> None:
        super().__init__(state=state)
        self.on_msg(lambda _, message, __: heard(message))
        hear_while_busy(self)

    def draw(self, state: dict[str, Any]) -> None:
        """Send a state, if it is another one."""
        if state != self.state:
            self.state = state


class Header(Panel):
    """Title, transport and what is going on."""

    _esm, _css = STATIC / "header.js", STATIC / "header.css"


class ParametersPanel(Panel):
    """γ, η and the settings of the next run."""

    _esm, _css = STATIC / "knobs.js", STATIC / "knobs.css"


class Toolbar(Panel):
    """A row of small controls."""

    _esm, _css = STATIC / "toolbar.js", STATIC / "toolbar.css"


class TimelineStrip(Panel):
    """The film of a run, and its branches."""

    _esm, _css = STATIC / "timeline.js", STATIC / "timeline.css"


class EnsembleTable(Panel):
    """The conformers, and what can be taken away."""

    _esm, _css = STATIC / "ensemble.js", STATIC / "ensemble.css"


def hear_while_busy(*widgets: Widget) -> None:
    """Let these widgets' messages through while a cell runs.

    JupyterLab sends widget messages to a subshell of the kernel, a thread that is free while the
    main one runs a cell. ipykernel redirects them to where the widget last sent from, which is the
    busy main thread for everything that a cell made. Without that redirection, observers are
    called in the subshell's thread: they must be safe there.
    """
    for widget in widgets:
        if widget.comm is not None:
            widget.comm._reply_subshell_for = None  # read by ipykernel.kernelbase


def close_all(*widgets: Widget) -> None:
    """Close widgets and what they hold: kernel and page keep every widget that is not closed."""
    for widget in widgets:
        held = [getattr(widget, name, None) for name in ("layout", "style")]
        close_all(*getattr(widget, "children", ()), *(w for w in held if isinstance(w, Widget)))
        widget.close()
