"""Runs the cells of a sweep on dask.distributed and stores each as it arrives.

The scheduler deals with workers: it gives the cells of one that died to others, and a cell that
took three workers with it (dask's ``distributed.scheduler.allowed-failures``) fails alone. The
store deals with the rest: only what it does not hold is computed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UserError
from .cell import Cell, CellResult
from .store import StoredCell, SweepStore

if TYPE_CHECKING:
    from distributed import Client, Future

Compute = Callable[[Cell], CellResult]
"""Computes a cell in a worker; can be pickled. A `UserError` says why the cell fails."""

Watcher = Callable[[StoredCell], None]
"""Called with each cell that is done or failed, those found in the store first."""


class SweepStoppedError(UserError, RuntimeError):
    """A sweep that could not come to its end."""


@dataclass(frozen=True)
class Tally:
    """How a sweep ended.

    Attributes
    ----------
    total : int
        Different cells that were wanted.
    found : int
        Of them, cells that the store held already.
    computed, failed : int
        Of the others.
    """

    total: int
    found: int
    computed: int
    failed: int

    @property
    def finished(self) -> bool:
        """Whether each cell is done or has failed."""
        return self.found + self.computed + self.failed == self.total


class SweepRun:
    """One run of a sweep.

    Parameters
    ----------
    cells : sequence of (str, Cell)
        With their keys; a key that comes twice is computed once.
    store : SweepStore
    compute : callable
    """

    def __init__(self, cells: Sequence[tuple[str, Cell]], store: SweepStore, compute: Compute):
        self.cells, self.store = dict(cells), store
        self._compute = compute
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._futures: dict[Future, str] = {}
        self._cancelled = False

    def cancel(self) -> None:
        """Stop, from any thread; what is stored stays, what is being computed is lost."""
        with self._lock:
            self._cancelled = True
            if self._client is not None and self._client.status == "running":
                self._client.cancel(list(self._futures), force=True)

    def run(self, client: Client, watcher: Watcher | None = None) -> Tally:
        """Compute what the store lacks; failed cells are tried again.

        Raises
        ------
        SweepStoppedError
            If the scheduler is lost.
        SweepStoreError
            If a cell cannot be written.
        """
        from distributed import as_completed

        watch = watcher or (lambda stored: None)
        missing: dict[str, Cell] = {}
        found = computed = failed = 0
        for key, cell in self.cells.items():
            stored = self.store.load(key)
            if stored is None or stored.reason:
                missing[key] = cell
            else:
                found += 1
                watch(stored)
        with self._lock:
            if not self._cancelled:
                self._client = client
                futures = client.map(self._compute, list(missing.values()), pure=False)
                self._futures = dict(zip(futures, missing, strict=True))
                del futures  # a result is dropped from its worker when the last reference goes
        try:
            arriving = as_completed(list(self._futures), with_results=True, raise_errors=False)
            for future, outcome in arriving:
                key = self._futures[future]
                if future.status == "cancelled":
                    if not self._cancelled:
                        raise SweepStoppedError(
                            f"The connection to the scheduler was lost. {found + computed} of "
                            f"{len(self.cells)} cells are stored; run the sweep again to go on."
                        )
                    continue
                result = outcome if future.status == "finished" else _failure(future.exception())
                with self._lock:
                    del self._futures[future]
                watch(self.store.save(key, missing[key], result))
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
    watcher: Watcher | None = None,
) -> Tally:
    """Compute the cells that the store lacks; see :class:`SweepRun`."""
    return SweepRun(cells, store, compute).run(client, watcher)


def _failure(error: BaseException | None) -> CellResult:
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return CellResult(
            None,
            reason="its worker process died, again and again: perhaps out of memory; ask for "
            "fewer samples or fewer workers.",
        )
    if isinstance(error, UserError):
        return CellResult(None, reason=str(error))
    return CellResult(None, reason=f"{type(error).__name__}: {error}")
