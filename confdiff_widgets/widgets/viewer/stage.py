"""The viewer's half in the browser."""

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
    """js/widgets/src/stage: it drives NGL inside nglview's view beside it."""

    _esm = Path(__file__).parents[1] / "static" / "stage.js"

    ngl = traitlets.Instance(ipywidgets.Widget).tag(sync=True, **ipywidgets.widget_serialization)
    topology = traitlets.Unicode().tag(sync=True)
    slots = traitlets.Int().tag(sync=True)
    ghost = traitlets.Bytes().tag(sync=True)  # float32 (L, 4, 3), or nothing
    ghost_color = traitlets.Unicode(palette.GHOST).tag(sync=True)
    backgrounds = traitlets.List([palette.LIGHT_BACKGROUND, palette.DARK_BACKGROUND]).tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)  # see StructureViewer._scene

    def __init__(self, **traits: Any) -> None:
        self._lock = threading.Lock()
        self._views = 0
        self._numbers = itertools.count()
        self._asked: dict[int, Callable[[bytes], None]] = {}
        super().__init__(**traits)
        self.on_msg(self._answered)

    def picture(self, callback: Callable[[bytes], None]) -> bool:
        """See `StructureViewer.picture`."""
        if not self._views:
            return False
        number = next(self._numbers)
        with self._lock:
            self._asked[number] = callback
        self.send({"picture": number})
        return True

    def _answered(self, _: object, message: dict[str, Any], buffers: list[memoryview]) -> None:
        if "views" in message:
            self._views = message["views"]
        if "picture" in message:
            with self._lock:
                callback = self._asked.pop(message["picture"], None)
            if callback is not None:
                callback(bytes(buffers[0]))
