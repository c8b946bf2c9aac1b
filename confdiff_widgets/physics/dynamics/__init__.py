"""Molecular dynamics with OpenMM at constant temperature or with replica exchange."""

from typing import TYPE_CHECKING

from ...exports import on_demand

if TYPE_CHECKING:
    from .config import DynamicsConfig
    from .simulation import SimulationInput, simulate

__all__ = ["DynamicsConfig", "SimulationInput", "simulate"]

__getattr__ = on_demand(
    __name__, {"config": ("DynamicsConfig",), "simulation": ("SimulationInput", "simulate")}
)
