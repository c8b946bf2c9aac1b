"""A box with one structure viewer, or two side by side for comparison."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from ..panel import close_all
from .viewer import StructureViewer


class ViewerPair(ipywidgets.HBox):
    """One viewer, and on demand a second one with the same camera.

    Parameters
    ----------
    create_first, create_second : callable
        Return a new viewer.

    Attributes
    ----------
    first : StructureViewer
    """

    def __init__(
        self,
        create_first: Callable[[], StructureViewer],
        create_second: Callable[[], StructureViewer],
    ) -> None:
        self._create_second = create_second
        self._on_painted: list[Callable[[], None]] = []
        self.first = self._notifying(create_first())
        self._second: StructureViewer | None = None
        super().__init__([self.first], layout={"width": "100%"})

    def hide_second(self) -> None:
        """Show only the first viewer."""
        self.children = [self.first]

    def show_second(self) -> StructureViewer:
        """Show the second viewer next to the first, and return it."""
        if self._second is None:
            self._second = self._notifying(self._create_second())
            self.first.camera_group = self._second.camera_group = str(self._second.model_id)
        self.children = [self.first, self._second]
        return self._second

    def close(self) -> None:
        """Close both viewers."""
        if self._second is not None:
            close_all(self._second)
        super().close()

    def on_painted(self, callback: Callable[[], None]) -> None:
        """Call back after each frame that either viewer has painted."""
        self._on_painted.append(callback)

    @property
    def ready(self) -> bool:
        """Whether structures would be sent to the first viewer at once. Any thread."""
        return self.first.ready

    @property
    def busy_for(self) -> float:
        """Time (s) for which the browser may still be painting a frame of either viewer."""
        return max(viewer.busy_for for viewer in self.children)

    def _notifying(self, viewer: StructureViewer) -> StructureViewer:
        viewer.on_painted(self._notify)
        return viewer

    def _notify(self) -> None:
        for callback in self._on_painted:
            callback()
