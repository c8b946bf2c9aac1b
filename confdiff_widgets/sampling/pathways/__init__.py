"""Paths between conformers from the learned score, with the log density along them."""

from .config import PathConfig
from .metric import FrameMetric
from .pathway import PathState, Pathway
from .profile import (
    CellPopulations,
    PathProfile,
    cell_populations,
    closed_loop,
)

__all__ = [
    "CellPopulations",
    "FrameMetric",
    "PathConfig",
    "PathProfile",
    "PathState",
    "Pathway",
    "cell_populations",
    "closed_loop",
]
