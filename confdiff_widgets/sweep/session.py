"""A sweep under remote control: a worker thread, what is done, and how long it will take."""

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
from .job import SweepJob
from .store import StoredCell

if TYPE_CHECKING:
    from distributed import Client

log = logging.getLogger(__name__)


class SweepStatus(Enum):
    """What a sweep is doing."""

    READY = "ready"
    STARTING = "starting workers"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


ACTIVE = (SweepStatus.STARTING, SweepStatus.RUNNING, SweepStatus.STOPPING)


class SweepSession:
    """A sweep that can be started, stopped and resumed from any thread; none waits for it.

    Parameters
    ----------
    cells : sequence of Cell
    job : SweepJob
    folder : path
        Of the results. Cells that it holds are there from the start.
    workers : int, optional
        Processes on this machine; default: one a GPU or a core.
    client : Client, optional
        Of a cluster of the caller's own instead.

    Attributes
    ----------
    store : SweepStore
    rows : dict of str to StoredCell
        Cells that are done or failed, by key.
    status : SweepStatus
    notice : str
        Why it failed or stopped.
    dashboard : str
        Address of dask's dashboard while there are workers.

    Raises
    ------
    UserError
        For a protein, a network or a folder that cannot be used.
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
        self.store.request(keyed, {"job": vars(job)})
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
        self._began, self._fresh = 0.0, 0

    @classmethod
    def open(
        cls, folder: str | Path, *, workers: int | None = None, client: Client | None = None
    ) -> SweepSession:
        """The sweep that a folder was made for, as far as it came."""
        cells, about = SweepStore(folder).requested()
        job = SweepJob(**about.get("job", {}))
        return cls([cell for _, cell in cells], job, folder, workers=workers, client=client)

    @property
    def seconds_left(self) -> float | None:
        """Estimated from the cells that this run computed; None before the first."""
        if self.status is not SweepStatus.RUNNING or not self._fresh:
            return None
        missing = len(self.cells) - len(self.rows)
        return (time.monotonic() - self._began) / self._fresh * missing

    def listen(self, changed: Callable[[], None]) -> None:
        """Call back after every change, from any thread; must be quick."""
        self._listeners.append(changed)

    def start(self) -> None:
        """Compute what is missing; failed cells are tried again. Nothing if it runs already."""
        with self._lock:
            if self.status in ACTIVE:
                return
            self.status, self.notice = SweepStatus.STARTING, ""
            self.rows = {key: row for key, row in self.rows.items() if not row.reason}
            self._run = SweepRun(list(self.cells.items()), self.store, self.job)
            self._thread = threading.Thread(target=self._work, name="confdiff-sweep", daemon=True)
            self._thread.start()
        self._tell()

    def cancel(self) -> None:
        """Stop; what is stored stays."""
        with self._lock:
            if self.status not in (SweepStatus.STARTING, SweepStatus.RUNNING):
                return
            self.status = SweepStatus.STOPPING
            run = self._run
        assert run is not None
        run.cancel()
        self._tell()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end of the run; False if it came not in time."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return self.status not in ACTIVE

    # --- inside -----------------------------------------------------------------------------

    def _work(self) -> None:
        run = self._run
        assert run is not None
        status, notice = SweepStatus.FAILED, ""
        try:
            with self._cluster() as client:
                self.dashboard = client.dashboard_link
                with self._lock:
                    if self.status is SweepStatus.STARTING:
                        self.status = SweepStatus.RUNNING
                self._began, self._fresh = time.monotonic(), 0
                self._tell()
                tally = run.run(client, self._seen)
            status, notice = _ending(tally)
            self.store.write_table()
        except UserError as error:
            notice = str(error)
        except Exception as error:  # a thread's end must be seen by whoever watches
            log.exception("The sweep ended")
            notice = f"{type(error).__name__}: {error}"
        self.dashboard = ""
        with self._lock:
            self.status, self.notice = status, notice
        self._tell()

    def _cluster(self) -> AbstractContextManager[Client]:
        return local_cluster(self._workers) if self._client is None else nullcontext(self._client)

    def _seen(self, stored: StoredCell) -> None:
        fresh = stored.key not in self.rows
        self.rows = {**self.rows, stored.key: stored}
        if fresh:
            self._fresh += 1
            self._tell()

    def _tell(self) -> None:
        for changed in self._listeners:
            changed()


def _ending(tally: Tally) -> tuple[SweepStatus, str]:
    if not tally.finished:
        return SweepStatus.STOPPED, ""
    failed = f"{tally.failed} cells failed; a click on one says why." if tally.failed else ""
    return SweepStatus.FINISHED, failed
