"""A sweep in a background thread: start, cancel, resume, progress and remaining time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from . import Cell, SweepRun, SweepStore, Tally, local_cluster
from .cluster import check_packages
from .job import SweepJob
from .store import StoredCell

if TYPE_CHECKING:
    from distributed import Client

log = logging.getLogger(__name__)


class SweepStatus(Enum):
    """State of a sweep."""

    READY = "ready"
    STARTING = "starting workers"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


ACTIVE = (SweepStatus.STARTING, SweepStatus.RUNNING, SweepStatus.STOPPING)


class SweepSession:
    """A sweep that can be started, cancelled and resumed from any thread without blocking it.

    Parameters
    ----------
    cells : sequence of Cell
    job : SweepJob
    folder : path
        Results folder. Cells stored in it are loaded at once.
    workers : int, optional
        Worker processes on this machine. Default: one per GPU, otherwise one per core.
    client : Client, optional
        Client of another cluster to use instead.

    Attributes
    ----------
    store : SweepStore
    rows : dict of str to StoredCell
        Finished and failed cells, by key.
    status : SweepStatus
    notice : str
        Reason of a failure, or the number of failed cells.
    dashboard : str
        Address of Dask's dashboard while workers run.

    Raises
    ------
    UserError
        If a protein, a network or the folder cannot be used.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        job: SweepJob,
        folder: str | Path,
        *,
        workers: int | None = None,
        client: Client | None = None,
    ):
        keyed = job.keys(cells)
        self.cells = dict(keyed)
        self.job, self.store = job, SweepStore(folder)
        self.store.request(keyed, job.to_dict())
        found = ((key, self.store.load(key)) for key in self.cells)
        self.rows: dict[str, StoredCell] = {key: row for key, row in found if row is not None}
        done = len(self.rows) == len(self.cells) and not any(r.reason for r in self.rows.values())
        self.status = SweepStatus.FINISHED if done else SweepStatus.READY
        self.notice = ""
        self.dashboard = ""
        self._workers, self._client = workers, client
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._run: SweepRun | None = None
        self._thread: threading.Thread | None = None
        self._started, self._computed = 0.0, 0

    @classmethod
    def open(
        cls, folder: str | Path, *, workers: int | None = None, client: Client | None = None
    ) -> SweepSession:
        """Open the sweep last requested in a folder, with its stored cells.

        Cells of other networks or of an earlier version are shown until `start` computes them
        again.
        """
        requested, settings = SweepStore(folder).requested()
        job = SweepJob.from_dict(settings)
        cells = [cell for _, cell in requested]
        session = cls(cells, job, folder, workers=workers, client=client)
        session._show_earlier(requested, settings)
        return session

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the cells computed in this run; None before the first."""
        if self.status is not SweepStatus.RUNNING or not self._computed:
            return None
        missing = len(self.cells) - len(self.rows)
        return (time.monotonic() - self._started) / self._computed * missing

    def listen(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` after every change, on any thread; it must return quickly."""
        self._listeners.append(changed)

    def start(self) -> None:
        """Compute missing and failed cells; no effect while the sweep is active."""
        with self._lock:
            if self.status in ACTIVE:
                return
            self.status, self.notice = SweepStatus.STARTING, ""
            self.rows = {
                key: row for key, row in self.rows.items() if not row.reason and row.key == key
            }
            self._run = SweepRun(list(self.cells.items()), self.store, self.job)
            self._thread = threading.Thread(target=self._work, name="confdiff-sweep", daemon=True)
            self._thread.start()
        self._notify()

    def cancel(self) -> None:
        """Stop the sweep; stored cells are kept."""
        with self._lock:
            if self.status not in (SweepStatus.STARTING, SweepStatus.RUNNING):
                return
            self.status = SweepStatus.STOPPING
            run = self._run
        assert run is not None
        run.cancel()
        self._notify()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end of the run; return False after a timeout."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return self.status not in ACTIVE

    # --- inside -----------------------------------------------------------------------------

    def _show_earlier(self, requested: Sequence[tuple[str, Cell]], settings: dict) -> None:
        """Show the cells that are stored under keys of other networks or of an earlier version."""
        earlier = 0
        for (stored_key, _), key in zip(requested, self.cells, strict=True):
            row = self.store.load(stored_key) if key not in self.rows else None
            if row is not None:
                self.rows[key] = row
                earlier += 1
        if earlier:
            self.notice = (
                f"{earlier} of {len(self.cells)} cells were computed with other networks or by an "
                "earlier version. They are shown as stored until you resume the sweep."
            )
            self.store.request(requested, settings)  # keep the keys for the next time

    def _work(self) -> None:
        run = self._run
        assert run is not None
        status, notice = SweepStatus.FAILED, ""
        try:
            check_packages()
            self.store.request(list(self.cells.items()), self.job.to_dict())
            with self._cluster() as client:
                self.dashboard = client.dashboard_link
                with self._lock:
                    if self.status is SweepStatus.STARTING:
                        self.status = SweepStatus.RUNNING
                self._started, self._computed = time.monotonic(), 0
                self._notify()
                tally = run.run(client, self._on_cell)
            status, notice = _final_status(tally)
            self.store.write_table()
        except UserError as error:
            notice = str(error)
        except Exception as error:  # otherwise the thread would end without a message
            log.exception("The sweep failed")
            notice = f"{type(error).__name__}: {error}"
        self.dashboard = ""
        with self._lock:
            self.status, self.notice = status, notice
        self._notify()

    def _cluster(self) -> AbstractContextManager[Client]:
        return local_cluster(self._workers) if self._client is None else nullcontext(self._client)

    def _on_cell(self, stored: StoredCell) -> None:
        is_new = stored.key not in self.rows
        self.rows = {**self.rows, stored.key: stored}
        if is_new:
            self._computed += 1
            self._notify()

    def _notify(self) -> None:
        for changed in self._listeners:
            changed()


def _final_status(tally: Tally) -> tuple[SweepStatus, str]:
    if not tally.finished:
        return SweepStatus.STOPPED, ""
    notice = f"{tally.failed} cells failed. Click one to see the reason." if tally.failed else ""
    return SweepStatus.FINISHED, notice
