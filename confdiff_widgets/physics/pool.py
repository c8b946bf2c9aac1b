"""Compute energies of many conformers in worker processes, and stream the results.

Each worker process is fed from a shared queue by a thread of its own. Processes and threads start
with the first conformer, or with `EnergyPool.start`.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import NamedTuple

import numpy as np

from ..errors import SettingsError, UserError
from .chemistry import Chemistry
from .config import EnergyConfig, PhysicsError
from .evaluator import EnergyEvaluator, EnergyResult
from .molecule import Molecule, make_molecule
from .platform import GPU_PLATFORMS, choose_platform

log = logging.getLogger(__name__)

MAX_DEFAULT_WORKERS = 8
"""Maximum default number of workers; each takes about 100 MB of memory."""

MAX_ATTEMPTS = 2
"""Number of times a conformer is computed if its worker process dies."""

ResultCallback = Callable[[EnergyResult], None]
"""Called in a thread of the pool. It must return quickly; an exception is logged and ignored."""


class _Job(NamedTuple):
    key: Hashable
    atom14: np.ndarray


def default_workers(platform: str) -> int:
    """Return the number of workers with the highest throughput on a platform."""
    if platform in GPU_PLATFORMS:  # Trp-cage on an H200: 24 conformers/s with one worker, 11 with 4
        return 1
    return max(1, min(MAX_DEFAULT_WORKERS, (os.cpu_count() or 1) - 1))


class EnergyPool:
    """Computes energies in worker processes without blocking the caller.

    A script that uses it needs the guard ``if __name__ == "__main__":``, as with any use of
    :mod:`multiprocessing`.

    Parameters
    ----------
    protein : str or Chemistry
        Sequence in its standard form, or a chemical form; see :func:`make_molecule`.
    config : EnergyConfig
    on_result : callable
        Called with each :class:`EnergyResult` as it finishes, in no particular order, for example
        the ``put`` method of a queue.
    workers : int, optional
        Number of single-threaded worker processes. Default: on a CPU, all cores but one, at most
        8; on a GPU, one, because several would compete for it.

    Attributes
    ----------
    notice : str or None
        Message for the user if another platform is used than was requested.

    Raises
    ------
    UserError
        If the sequence or the settings cannot be used, or OpenMM is missing.
    """

    def __init__(
        self,
        protein: str | Chemistry,
        config: EnergyConfig | None = None,
        *,
        on_result: ResultCallback,
        workers: int | None = None,
    ):
        config = config or EnergyConfig()
        platform, self.notice = choose_platform(config.platform)
        self.chemistry = Chemistry.standard(protein) if isinstance(protein, str) else protein
        self.sequence = self.chemistry.sequence
        self.config = dataclasses.replace(config, platform=platform)
        self.workers = default_workers(platform) if workers is None else workers
        if self.workers < 1:
            raise SettingsError(f"{workers} workers compute nothing. Give 1 or more.")
        self._on_result = on_result
        self._jobs: deque[_Job] = deque()
        self._running = 0
        self._closed = False
        self._wake = threading.Condition()
        self._preparing = threading.Lock()
        self._feeders: list[_Feeder] = []
        # at exit Python terminates the workers, and feeders must not replace them
        atexit.register(self.close)

    @property
    def pending(self) -> int:
        """Number of conformers that are queued or being computed."""
        with self._wake:
            return len(self._jobs) + self._running

    def start(self) -> None:
        """Start the workers now instead of with the first conformers. Returns at once.

        Raises
        ------
        PhysicsError
            If the pool is closed, or a script lacks the guard ``if __name__ == "__main__":``.
        """
        self._check_main()
        with self._wake:
            self._check_open()
            added = self._add_feeders(self.workers)
        for feeder in added:
            feeder.start()

    def submit(self, atom14: np.ndarray, keys: Sequence[Hashable], *, first: bool = False) -> None:
        """Queue conformers and return at once.

        Parameters
        ----------
        atom14 : array or CPU tensor, shape (B, L + C, 14, 3)
            Heavy atoms of residues and end groups, Å. They are copied.
        keys : sequence of B hashables
            Identifiers of the conformers, returned with the results.
        first : bool
            Compute them before all others that are queued.

        Raises
        ------
        PhysicsError
            If the conformers have the wrong shape, the pool is closed, or a script lacks the guard
            ``if __name__ == "__main__":``.
        """
        conformers = np.array(atom14, dtype=np.float64)
        rows = len(self.sequence) + len(self.chemistry.caps)
        expected = (len(keys), rows, 14, 3)
        if conformers.shape != expected:
            raise PhysicsError(
                f"The conformers have the shape {conformers.shape} instead of {expected}. Give the "
                f"heavy atoms of {self.sequence} in atom14 order, and one key for each conformer."
            )
        self._check_main()
        with self._wake:
            self._check_open()
            jobs = list(map(_Job, keys, conformers))
            if first:
                self._jobs.extendleft(reversed(jobs))
            else:
                self._jobs.extend(jobs)
            added = self._add_feeders(min(self.workers, len(self._jobs) + self._running))
            self._wake.notify_all()
        for feeder in added:
            feeder.start()

    def cancel(self, dropped: Callable[[Hashable], bool] = lambda _: True) -> list[Hashable]:
        """Remove conformers from the queue; those that are being computed are still delivered.

        Parameters
        ----------
        dropped : callable
            Says by its key whether a conformer is removed. Default: all.

        Returns
        -------
        list of hashable
            Keys of the conformers that were removed.
        """
        with self._wake:
            removed = [job.key for job in self._jobs if dropped(job.key)]
            self._jobs = deque(job for job in self._jobs if not dropped(job.key))
        return removed

    def close(self) -> None:
        """Drop all conformers and terminate the workers; no results are delivered afterwards."""
        with self._wake:
            self._closed = True
            self._jobs.clear()
            self._wake.notify_all()
        for feeder in self._feeders:
            feeder.stop()
        atexit.unregister(self.close)

    def __enter__(self) -> EnergyPool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _check_main(self) -> None:
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise PhysicsError(
                "The worker processes import this script and would run it again. Put its code "
                'under `if __name__ == "__main__":`.'
            )

    def _check_open(self) -> None:
        if self._closed:
            raise PhysicsError("The energy pool is closed. Create another one.")

    def _add_feeders(self, wanted: int) -> list[_Feeder]:
        """Create the feeders that are missing; the caller has the lock, and starts them."""
        added = [_Feeder(self) for _ in range(wanted - len(self._feeders))]
        self._feeders += added
        return added

    def _next(self) -> _Job | None:
        """Wait for a conformer, and return None when the pool is closed."""
        with self._wake:
            self._wake.wait_for(lambda: self._jobs or self._closed)
            if self._closed:
                return None
            self._running += 1
            return self._jobs.popleft()

    def _deliver(self, result: EnergyResult) -> None:
        with self._wake:
            self._running -= 1
            if self._closed:
                return
        try:
            self._on_result(result)
        except Exception:  # an exception would end this thread and, with one worker, all energies
            log.exception("The callback of an energy failed")

    def _molecule(self) -> Molecule:
        with self._preparing:  # the first worker builds it, the others wait
            return make_molecule(self.chemistry, self.config.force_field)


class _Feeder(threading.Thread):
    """Feeds one worker process, and replaces the process if it dies."""

    def __init__(self, pool: EnergyPool):
        super().__init__(name="confdiff-energies", daemon=True)
        self._pool = pool
        self._process: multiprocessing.process.BaseProcess | None = None

    def run(self) -> None:
        self._start_early()
        while (job := self._pool._next()) is not None:
            self._pool._deliver(self._compute(job))
        self.stop()

    def stop(self) -> None:
        """Terminate the process, even while it computes."""
        process = self._process
        if process is not None:
            process.terminate()

    def _compute(self, job: _Job) -> EnergyResult:
        reason = ""
        for _ in range(MAX_ATTEMPTS):
            try:
                if self._process is None:
                    self._start()
                self._pipe.send(job)
                return self._pipe.recv()
            except (EOFError, OSError) as error:
                if self._process is None:
                    reason = f"no worker process can be started ({error})"
                    break
                self._process.join()
                reason = f"its worker process died (exit code {self._process.exitcode})"
                self._process = None
                if self._pool._closed:
                    break
            except UserError as error:
                reason = str(error)
                break
            except Exception as error:  # without this thread, the caller would wait forever
                log.exception("The energy of a conformer failed")
                reason = f"internal error ({type(error).__name__}: {error})"
                break
        return EnergyResult.failed(job.key, len(self._pool.sequence), reason)

    def _start_early(self) -> None:
        """Start the process before there is a conformer; an error is that of the first one."""
        with contextlib.suppress(Exception):
            self._start()

    def _start(self) -> None:
        pool = self._pool
        molecule = pool._molecule()
        context = multiprocessing.get_context("spawn")  # fork would copy the threads of torch
        self._pipe, worker_end = context.Pipe()
        # The molecule does not go with the process: a parent that dies while the worker imports
        # its modules would leave half of it, and the worker would print a traceback.
        process = context.Process(target=run_worker, args=(worker_end,), daemon=True)
        with _interrupts_blocked():
            process.start()
        self._process = process
        worker_end.close()  # so that the pipe closes when the process ends
        self._pipe.send((molecule, pool.config))


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Start processes that no Ctrl-C interrupts, not even while they import their modules."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_worker(pipe: Connection) -> None:
    """Compute the conformers that arrive through a pipe, until it closes.

    The molecule and the settings arrive first. The pipe closes when the parent process ends, and
    the worker ends with it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupting a notebook cell must not end it
    if hasattr(os, "nice"):
        os.nice(19)  # the lowest priority: the sampler and the interface come first
    try:
        evaluator = EnergyEvaluator(*pipe.recv())
        while True:
            pipe.send(evaluator(*pipe.recv()))
    except (EOFError, OSError):
        return
