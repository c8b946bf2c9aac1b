"""Run the cells of a sweep on dask.distributed and store each result as it arrives.

The scheduler handles workers that die: their cells are given to other workers, and a cell that
kills three workers (Dask's ``distributed.scheduler.allowed-failures``) is marked as failed. Only
cells that are missing from the store are computed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..errors import UserError
from .cell import Cell, CellResult
from .store import StoredCell, SweepStore

if TYPE_CHECKING:
    from distributed import Client, Future

Compute = Callable[[Cell], CellResult]
"""Computes a cell in a worker; must be picklable. The text of a `UserError` is the reason of a
failure."""

OnCell = Callable[[StoredCell], None]
"""Called with each finished or failed cell, those already in the store first."""


class SweepStoppedError(UserError, RuntimeError):
    """A sweep stopped before its end."""


@dataclass(frozen=True)
class Tally:
    """Number of cells at the end of a sweep.

    Attributes
    ----------
    total : int
        Requested cells.
    found : int
        Cells that were stored already.
    computed, failed : int
        Cells that this run computed, and that failed.
    """

    total: int
    found: int
    computed: int
    failed: int

    @property
    def finished(self) -> bool:
        """Whether every cell is stored or has failed."""
        return self.found + self.computed + self.failed == self.total


class SweepRun:
    """One run of a sweep.

    Parameters
    ----------
    cells : sequence of (str, Cell)
        Keys and cells; equal keys are computed once.
    store : SweepStore
    compute : callable
        Computes a cell in a worker.
    """

    def __init__(self, cells: Sequence[tuple[str, Cell]], store: SweepStore, compute: Compute):
        self.cells, self.store = dict(cells), store
        self._compute = compute
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._futures: dict[Future, str] = {}
        self._cancelled = False

    def cancel(self) -> None:
        """Stop, from any thread. Stored cells are kept; cells in progress are lost."""
        with self._lock:
            self._cancelled = True
            if self._client is not None and self._client.status == "running":
                self._client.cancel(list(self._futures), force=True)

    def run(self, client: Client, on_cell: OnCell | None = None) -> Tally:
        """Compute the cells missing from the store, and failed cells again.

        Raises
        ------
        SweepStoppedError
            If the connection to the scheduler is lost.
        SweepStoreError
            If a cell cannot be written.
        """
        from distributed import as_completed

        report = on_cell or (lambda stored: None)
        missing: dict[str, Cell] = {}
        found = computed = failed = 0
        for key, cell in self.cells.items():
            stored = self.store.load(key)
            if stored is None or stored.reason:
                missing[key] = cell
            else:
                found += 1
                report(stored)
        with self._lock:
            if not self._cancelled:
                self._client = client
                compute = partial(_compute_cell, self._compute)
                futures = client.map(compute, list(missing.values()), pure=False)
                self._futures = dict(zip(futures, missing, strict=True))
                del futures  # a worker frees a result with the last reference to its future
        try:
            arriving = as_completed(list(self._futures), with_results=True, raise_errors=False)
            for future, outcome in arriving:
                key = self._futures[future]
                if future.status == "cancelled":
                    if not self._cancelled:
                        raise SweepStoppedError(
                            f"The connection to the scheduler was lost. {found + computed} of "
                            f"{len(self.cells)} cells are stored. Run the sweep again to resume."
                        )
                    continue
                result = outcome if future.status == "finished" else _failure(future.exception())
                with self._lock:
                    del self._futures[future]
                report(self.store.save(key, missing[key], result))
                computed, failed = computed + (not result.reason), failed + bool(result.reason)
        finally:
            self.cancel()
            self._futures.clear()
        return Tally(len(self.cells), found, computed, failed)


def run_sweep(
    cells: Sequence[tuple[str, Cell]],
    store: SweepStore,
    compute: Compute,
    client: Client,
    on_cell: OnCell | None = None,
) -> Tally:
    """Compute the cells missing from the store; see :class:`SweepRun`."""
    return SweepRun(cells, store, compute).run(client, on_cell)


def _compute_cell(compute: Compute, cell: Cell) -> CellResult:
    """Compute a cell in a worker. Not every exception can be sent to the client, so its text is."""
    try:
        return compute(cell)
    except UserError as error:
        return CellResult(None, reason=str(error))


def _failure(error: BaseException | None) -> CellResult:
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return CellResult(
            None,
            reason="Its worker process died repeatedly, possibly for lack of memory. Use fewer "
            "samples or fewer workers.",
        )
    return CellResult(None, reason=f"{type(error).__name__}: {error}")
