"""Jupyter widgets for the guided SE(3) diffusion of protein conformations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import renamed
from .version import __version__ as __version__

if TYPE_CHECKING:
    from .widgets import EnsembleView, Explorer, MetastableStates, Sweep, open_ensemble

renamed.install()

__all__ = ["EnsembleView", "Explorer", "MetastableStates", "Sweep", "open_ensemble"]


def __getattr__(name: str) -> Any:
    """Import the widgets on demand, so that sampling does not import Jupyter's libraries."""
    if name in __all__:
        from . import widgets

        return getattr(widgets, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
