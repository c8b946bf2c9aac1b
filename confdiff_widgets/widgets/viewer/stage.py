"""The widget that drives NGL in the browser; its module is js/widgets/src/stage."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from ... import palette


class Stage(anywidget.AnyWidget):
    """Draws scenes in the nglview widget next to it.

    The traits are described in js/widgets/src/stage/traits.ts, the messages in index.ts.
    """

    _esm = Path(__file__).parents[1] / "static" / "stage.js"

    ngl = traitlets.Instance(ipywidgets.Widget).tag(sync=True, **ipywidgets.widget_serialization)
    topology = traitlets.Unicode().tag(sync=True)
    slots = traitlets.Int().tag(sync=True)
    ghost = traitlets.Bytes().tag(sync=True)  # float32 (L, 4, 3), or empty
    ghost_color = traitlets.Unicode(palette.GHOST).tag(sync=True)
    arrow_colors = traitlets.List(list(palette.ARROWS)).tag(sync=True)
    backgrounds = traitlets.List([palette.LIGHT.background, palette.DARK.background]).tag(sync=True)
    text_colors = traitlets.List([palette.LIGHT.viewer_text, palette.DARK.viewer_text]).tag(
        sync=True
    )
    description = traitlets.Unicode().tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)  # from StructureViewer._scene

    def __init__(self, **traits: Any) -> None:
        self._lock = threading.Lock()
        self._views = 0
        self._numbers = itertools.count()
        self._screenshot_callbacks: dict[int, Callable[[bytes], None]] = {}
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def screenshot(self, callback: Callable[[bytes], None]) -> bool:
        """Request a PNG of the view; see `StructureViewer.screenshot`."""
        if not self._views:
            return False
        number = next(self._numbers)
        with self._lock:
            self._screenshot_callbacks[number] = callback
        self.send({"screenshot": number})
        return True

    def _on_message(self, _: object, message: dict[str, Any], buffers: list[memoryview]) -> None:
        if "views" in message:
            self._views = message["views"]
        if "screenshot" in message:  # each view answers; the first answer counts
            with self._lock:
                callback = self._screenshot_callbacks.pop(message["screenshot"], None)
            if callback is not None:
                callback(bytes(buffers[0]))
