"""Sweeps: many settings of one or more proteins, stored cell by cell, run on dask.distributed."""

from .cell import Cell, CellResult, cell_key
from .cluster import ClusterUnreachableError, SweepMissingError, connect, local_cluster
from .grid import EmptyGridError, grid, parse_axis
from .runner import SweepRun, SweepStoppedError, Tally, run_sweep
from .store import SweepStore, SweepStoreError

__all__ = [
    "Cell",
    "CellResult",
    "ClusterUnreachableError",
    "EmptyGridError",
    "SweepMissingError",
    "SweepRun",
    "SweepStoppedError",
    "SweepStore",
    "SweepStoreError",
    "Tally",
    "cell_key",
    "connect",
    "grid",
    "local_cluster",
    "parse_axis",
    "run_sweep",
]
