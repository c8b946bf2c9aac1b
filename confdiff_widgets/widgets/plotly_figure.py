"""Figures that fit their box, and are whole in every view of them."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import Undefined
from plotly.serializers import _py_to_js

DEFAULTS = ("_js2py_traceDeltas", "_js2py_layoutDelta")


class _Figure(go.FigureWidget):
    """Mends plotly's widget (7.1) where a page is loaded again, has two views, or is drawn often.

    The page's answer to every change, which is what it filled in by itself, is not taken: plotly
    would compare it with the data, fails at arrays, and prints a traceback; and while a run is
    drawn, that costs the kernel more than the pictures do.
    """

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the browser says, such as clicks and zooms."""
        super().set_state({key: sync_data[key] for key in sync_data if key not in DEFAULTS})

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """What a page gets that asks for all: the figure as it is, and not as it was made."""
        state = dict(super().get_state(key, drop_defaults))
        if key is None and {"_data", "_layout_obj"} <= self.__dict__.keys():
            state["_widget_data"] = _py_to_js(self._data, self)
            state["_widget_layout"] = _py_to_js(self._layout_obj._props, self)
        return state

    def _send_update_msg(
        self,
        restyle_data: dict[str, Any],
        relayout_data: dict[str, Any],
        trace_indexes: list[int] | None = None,
        source_view_id: str | None = None,
    ) -> None:
        """Of a batch, with a value for every trace in it.

        Where one trace of a batch has nothing new, plotly says "undefined", which the page puts
        into its copy of the figure as a word: the next view would be made of such words.
        """
        if trace_indexes is not None:
            restyle_data = {
                key: [
                    _at(self._data[trace], key) if value is Undefined else value
                    for trace, value in zip(trace_indexes, values, strict=True)
                ]
                for key, values in restyle_data.items()
            }
        super()._send_update_msg(restyle_data, relayout_data, trace_indexes, source_view_id)


def _at(trace: dict[str, Any], path: str) -> Any:
    """What a trace has at "marker.line.color"; None where it has nothing."""
    found: Any = trace
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def figure_widget(figure: go.Figure) -> go.FigureWidget:
    """A widget of a figure that takes the size of its box, also when the window changes."""
    widget = _Figure(figure)
    widget._config = {**widget._config, "responsive": True}  # there is no public way to say so
    return widget
