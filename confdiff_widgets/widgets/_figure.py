"""Figures that fit their box."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

DEFAULTS = ("_js2py_traceDeltas", "_js2py_layoutDelta")


class _Figure(go.FigureWidget):
    """Without the page's answer to every change, which is what it filled in by itself.

    plotly would compare it with the data, fails at arrays, and prints a traceback; and while a run
    is drawn, that costs the kernel more than the pictures do.
    """

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the browser says, such as clicks and zooms."""
        super().set_state({key: sync_data[key] for key in sync_data if key not in DEFAULTS})


def figure_widget(figure: go.Figure) -> go.FigureWidget:
    """A widget of a figure that takes the size of its box, also when the window changes."""
    widget = _Figure(figure)
    widget._config = {**widget._config, "responsive": True}  # there is no public way to say so
    return widget
