"""The diffusion processes of positions (R³), orientations (SO(3)) and frames (SE(3))."""

from typing import TYPE_CHECKING

from ..exports import on_demand

if TYPE_CHECKING:
    from .r3 import R3Process
    from .se3 import Score, SE3Process
    from .so3 import SO3Process

__all__ = ["R3Process", "SE3Process", "SO3Process", "Score"]

__getattr__ = on_demand(
    __name__, {"r3": ("R3Process",), "se3": ("Score", "SE3Process"), "so3": ("SO3Process",)}
)
