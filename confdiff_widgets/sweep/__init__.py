"""Sweeps over guidance parameters and seeds, run on dask.distributed and stored by cell."""

from .cell import Cell, CellResult
from .cluster import ClusterUnreachableError, SweepMissingError, connect, local_cluster
from .grid import EmptyGridError, grid, parse_axis
from .runner import SweepRun, SweepStoppedError, Tally, run_sweep
from .store import SweepStore, SweepStoreError
from .stored_keys import cell_key

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
