"""plotly figure widgets that fill their box, with fixes for reloads, second views and streaming."""

from __future__ import annotations

import gzip
import sys
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any


def _import_plotly() -> None:
    """Import plotly's widget with the version of nbformat in place of nbformat.

    plotly uses the version only, and nbformat takes longer to import than plotly.
    """
    if "nbformat" in sys.modules:
        return
    stub = ModuleType("nbformat")
    try:
        stub.__version__ = version("nbformat")  # type: ignore[attr-defined]
    except PackageNotFoundError:
        return
    sys.modules["nbformat"] = stub
    try:
        import_module("plotly.io._renderers")
    finally:
        del sys.modules["nbformat"]


_import_plotly()

import plotly  # noqa: E402
import plotly.graph_objects as go  # noqa: E402
import traitlets  # noqa: E402
from plotly.basedatatypes import Undefined  # noqa: E402
from plotly.serializers import _py_to_js  # noqa: E402

from .panel import STATIC  # noqa: E402

MODULE = Path(plotly.__file__).parent / "package_data" / "widgetbundle.js"
"""plotly's widget module, 5 MB."""
UNUSED_BUTTONS = ["toImage", "editInChartStudio", "zoom", "zoomIn", "zoomOut", "autoScale"]
"""Buttons of the mode bar that plots in the Explorer do without."""
DEFAULTS = ("_js2py_traceDeltas", "_js2py_layoutDelta")


class _Figure(go.FigureWidget):
    """Fixes plotly's widget (7.1) for reloaded pages, second views and frequent updates.

    After every change the page sends back the defaults that it filled in. They are ignored: plotly
    compares them with the data, fails for arrays and prints a traceback, and during a run this
    costs the kernel more time than drawing.

    The module of the figure is small; it receives plotly's own module on request, once per page
    (js/widgets/src/plot).
    """

    _esm, _css = STATIC / "plot.js", STATIC / "plot.css"
    _plotly = traitlets.Unicode(version("plotly")).tag(sync=True)
    _figures_sent = traitlets.Int(0).tag(sync=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_msg(lambda _, message, __: self._answer(message))

    def _answer(self, message: Any) -> None:
        """Send plotly's module or the present figure to a page that asks for it."""
        match message:
            case {"send": "plotly"}:
                self.send({"plotly": self._plotly}, buffers=[_zipped_module()])
            case {"send": "figure"}:
                self._figures_sent += 1  # `get_state` adds the figure

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Apply what the page sends, such as clicks and zooms, except for the defaults."""
        super().set_state({key: sync_data[key] for key in sync_data if key not in DEFAULTS})

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return the figure as it is now; plotly returns it as it was created."""
        state = dict(super().get_state(key, drop_defaults))
        whole = key is None or "_figures_sent" in key
        if whole and {"_data", "_layout_obj"} <= self.__dict__.keys():
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
        """Send an update with a value for every trace in it.

        plotly sends "undefined" for traces without a new value. The page stores that string in its
        copy of the figure, from which the next view would be built.
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


@cache
def _zipped_module() -> bytes:
    return gzip.compress(MODULE.read_bytes())


def _at(trace: dict[str, Any], path: str) -> Any:
    """Return the value at a path such as "marker.line.color"; None if there is none."""
    value: Any = trace
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def figure_widget(figure: go.Figure) -> go.FigureWidget:
    """Return a widget of a figure that fills its box and follows its size."""
    widget = _Figure(figure)
    # plotly has no public option
    widget._config = {**widget._config, "responsive": True, "displaylogo": False}
    return widget
