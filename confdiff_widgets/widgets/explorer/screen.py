"""What the controller asks of the Explorer."""

from __future__ import annotations

from typing import Protocol

from .exports import Export


class Screen(Protocol):
    """What the controller asks of the Explorer."""

    def rebuild(self) -> None:
        """Another protein or model lies on the controller."""

    def refresh(self) -> None:
        """Something has changed without a message."""

    def dark(self, dark: bool) -> None: ...

    def type_size(self, pixels: float) -> None: ...

    def centre(self) -> None: ...

    def show_curves(self, view: str) -> None: ...

    def hand_over(self, export: Export) -> None: ...
