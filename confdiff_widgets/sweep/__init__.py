"""Sweeps over guidance parameters and seeds, run on dask.distributed and stored by cell."""

from typing import TYPE_CHECKING

from ..exports import on_demand
from .cell import Cell, CellResult
from .cluster import ClusterUnreachableError, SweepMissingError, connect, local_cluster
from .grid import EmptyGridError, grid, parse_axis
from .runner import SweepRun, SweepStoppedError, Tally, run_sweep
from .store import SweepStore, SweepStoreError
from .stored_keys import cell_key

if TYPE_CHECKING:
    from .job import SweepJob, evaluate_cell
    from .melting import MeltingCurves, SweepMelting

__all__ = [
    "Cell",
    "CellResult",
    "ClusterUnreachableError",
    "EmptyGridError",
    "MeltingCurves",
    "SweepJob",
    "SweepMelting",
    "SweepMissingError",
    "SweepRun",
    "SweepStoppedError",
    "SweepStore",
    "SweepStoreError",
    "Tally",
    "cell_key",
    "connect",
    "evaluate_cell",
    "grid",
    "local_cluster",
    "parse_axis",
    "run_sweep",
]

__getattr__ = on_demand(
    __name__, {"job": ("SweepJob", "evaluate_cell"), "melting": ("MeltingCurves", "SweepMelting")}
)
