"""Where the Explorer's structures are drawn: one viewer, or two that are compared."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from ..panel import close_all
from .viewer import StructureViewer


class ViewerPair(ipywidgets.HBox):
    """One viewer; a second stands beside it on demand and turns together with it.

    Parameters
    ----------
    make : callable
        Returns another viewer.
    """

    def __init__(self, make: Callable[[], StructureViewer]) -> None:
        self._make = make
        self._painted: list[Callable[[], None]] = []
        self.first = self._made()
        self._second: StructureViewer | None = None
        super().__init__([self.first], layout={"width": "100%"})

    def alone(self) -> None:
        """Take the second viewer away."""
        self.children = [self.first]

    def second(self) -> StructureViewer:
        """The second viewer, which is put beside the first."""
        if self._second is None:
            self._second = self._made()
            self.first.camera_group = self._second.camera_group = str(self._second.model_id)
        self.children = [self.first, self._second]
        return self._second

    def close(self) -> None:
        """Take all viewers off the screen."""
        if self._second is not None:
            close_all(self._second)
        super().close()

    def on_painted(self, callback: Callable[[], None]) -> None:
        """Call after each picture of any viewer that the browser has painted."""
        self._painted.append(callback)

    @property
    def ready(self) -> bool:
        """Whether structures would be sent to the first viewer at once. Any thread."""
        return self.first.ready

    @property
    def busy_for(self) -> float:
        """Seconds in which the browser may still be painting a picture of any viewer."""
        return max(viewer.busy_for for viewer in self.children)

    def _made(self) -> StructureViewer:
        viewer = self._make()
        viewer.on_painted(self._tell)
        return viewer

    def _tell(self) -> None:
        for callback in self._painted:
            callback()
