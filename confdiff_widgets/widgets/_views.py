"""Where the Explorer's structures are drawn: one viewer, or two that are compared."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from .viewer import StructureViewer


class Views(ipywidgets.HBox):
    """One viewer; a second stands beside it on demand and turns together with it.

    Parameters
    ----------
    make : callable
        Returns another viewer.
    """

    def __init__(self, make: Callable[[], StructureViewer]) -> None:
        self._make = make
        self.first = make()
        self._second: StructureViewer | None = None
        super().__init__([self.first], layout={"width": "100%"})

    def alone(self) -> None:
        """Take the second viewer away."""
        self.children = [self.first]

    def second(self) -> StructureViewer:
        """The second viewer, which is put beside the first."""
        if self._second is None:
            self._second = self._make()
            self.first.camera_group = self._second.camera_group = str(self._second.model_id)
        self.children = [self.first, self._second]
        return self._second
