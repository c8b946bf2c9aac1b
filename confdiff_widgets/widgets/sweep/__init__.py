"""The sweep panel: heat maps over η and γ that fill in while the cells are computed."""

from .panel import Sweep

__all__ = ["Sweep"]
