"""The screen of the Explorer, as its controller sees it."""

from __future__ import annotations

from typing import Protocol

from .exports import Export


class Screen(Protocol):
    """What the controller asks of the widget."""

    def rebuild(self) -> None:
        """Build all panels for another protein or model."""
        ...

    def refresh(self) -> None:
        """Draw a change that no message made."""
        ...

    def dark(self, dark: bool) -> None:
        """Use the dark or the light theme."""
        ...

    def font_size(self, pixels: float) -> None:
        """Use the font size of the page (CSS pixels)."""
        ...

    def reset_view(self) -> None:
        """Centre the structures."""
        ...

    def show_curves(self, view: str) -> None:
        """Choose the lowest plot."""
        ...

    def deliver(self, export: Export) -> None:
        """Give a file to the browser, or a text to its clipboard."""
        ...
