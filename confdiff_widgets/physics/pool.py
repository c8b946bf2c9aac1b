"""Energies of many conformers in worker processes, streamed as they finish.

Each worker process has a thread here that feeds it from one queue. Nothing is started before the
first conformer comes.
"""

from __future__ import annotations

import atexit
import dataclasses
import logging
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import numpy as np

from ..errors import SettingsError, UserError
from .config import EnergyConfig, PhysicsError
from .evaluator import EnergyResult
from .molecule import Molecule, make_molecule
from .platform import GPU_PLATFORMS, choose_platform
from .worker import work

log = logging.getLogger(__name__)

MOST_WORKERS = 8
"""Of a pool that is not told how many; each takes about 100 MB."""

ATTEMPTS = 2
"""Workers that one conformer may cost."""

Watcher = Callable[[EnergyResult], None]
"""Called in a thread of the pool; must be quick. What it raises goes to the log only."""


class _Job(NamedTuple):
    key: Hashable
    atom14: np.ndarray


def default_workers(platform: str) -> int:
    """Processes that compute most conformers a second."""
    if platform in GPU_PLATFORMS:  # Trp-cage on an H200: one makes 24 a second, four make 11
        return 1
    return max(1, min(MOST_WORKERS, (os.cpu_count() or 1) - 1))


class EnergyPool:
    """Computes energies in other processes and never makes the caller wait.

    A script that uses it needs the guard ``if __name__ == "__main__":``, as for all of Python's
    multiprocessing.

    Parameters
    ----------
    sequence : str
    config : EnergyConfig
    watcher : callable
        Gets each :class:`EnergyResult` when it is there, in no particular order; a queue's ``put``
        serves well.
    workers : int, optional
        Processes of one thread each. Default: all cores but one, at most 8, on a CPU; one on a
        GPU, which several would only keep from one another.

    Attributes
    ----------
    notice : str or None
        Says so if another platform is used than was asked for.

    Raises
    ------
    UserError
        For a sequence or settings that cannot be used, or if OpenMM is missing.
    """

    def __init__(
        self,
        sequence: str,
        config: EnergyConfig | None = None,
        *,
        watcher: Watcher,
        workers: int | None = None,
    ):
        from ..geometry.residues import check_sequence

        config = config or EnergyConfig()
        platform, self.notice = choose_platform(config.platform)
        self.sequence = check_sequence(sequence)
        self.config = dataclasses.replace(config, platform=platform)
        self.workers = default_workers(platform) if workers is None else workers
        if self.workers < 1:
            raise SettingsError(f"{workers} workers compute nothing: give 1 or more.")
        self._watcher = watcher
        self._jobs: deque[_Job] = deque()
        self._running = 0
        self._held = False
        self._closed = False
        self._wake = threading.Condition()
        self._preparing = threading.Lock()
        self._feeders: list[_Feeder] = []
        atexit.register(self.close)  # or feeders would replace workers that Python's end takes away

    @property
    def pending(self) -> int:
        """Conformers that are queued or being computed."""
        with self._wake:
            return len(self._jobs) + self._running

    def submit(self, atom14: np.ndarray, keys: Sequence[Hashable]) -> None:
        """Queue conformers and return at once.

        Parameters
        ----------
        atom14 : array or CPU tensor, shape (B, L, 14, 3)
            Heavy atoms, Å. They are copied.
        keys : sequence of B hashables
            What the results are called.

        Raises
        ------
        PhysicsError
            For conformers of another shape, after :meth:`close`, or in a script without a guard
            of its main part.
        """
        conformers = np.array(atom14, dtype=np.float64)
        wanted = (len(keys), len(self.sequence), 14, 3)
        if conformers.shape != wanted:
            raise PhysicsError(
                f"The conformers have the shape {conformers.shape} instead of {wanted}: give "
                f"heavy atoms of {self.sequence} in atom14 order, and one key each."
            )
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise PhysicsError(
                "Energies are computed in processes that first import this script: put what it "
                'does under `if __name__ == "__main__":`, or each of them would do it again.'
            )
        with self._wake:
            if self._closed:
                raise PhysicsError("The energy pool is closed: make another one.")
            self._jobs.extend(map(_Job, keys, conformers))
            missing = min(self.workers, len(self._jobs) + self._running) - len(self._feeders)
            fresh = [_Feeder(self) for _ in range(missing)]
            self._feeders += fresh
            self._wake.notify_all()
        for feeder in fresh:
            feeder.start()

    def cancel(self) -> None:
        """Drop what is queued, at once; what is being computed still arrives."""
        with self._wake:
            self._jobs.clear()

    def hold(self, held: bool) -> None:
        """Begin with no further conformer, until told otherwise; the queue stays. Any thread."""
        if held == self._held:
            return
        with self._wake:
            self._held = held
            self._wake.notify_all()

    def close(self) -> None:
        """Drop everything and end the workers; no results come after it."""
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

    def _next(self) -> _Job | None:
        """Wait for a conformer; None when the pool is closed."""
        with self._wake:
            self._wake.wait_for(lambda: (self._jobs and not self._held) or self._closed)
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
            self._watcher(result)
        except Exception:  # or it would end the thread, and with one worker all energies
            log.exception("An energy could not be passed on")

    def _molecule(self) -> Molecule:
        with self._preparing:  # the first worker makes it, the others wait
            return make_molecule(self.sequence, self.config.force_field)


class _Feeder(threading.Thread):
    """Feeds one worker process, and replaces it if it dies."""

    def __init__(self, pool: EnergyPool):
        super().__init__(name="confdiff-energies", daemon=True)
        self._pool = pool
        self._process: multiprocessing.process.BaseProcess | None = None

    def run(self) -> None:
        while (job := self._pool._next()) is not None:
            self._pool._deliver(self._compute(job))
        self.stop()

    def stop(self) -> None:
        """End the process, whatever it does."""
        process = self._process
        if process is not None:
            process.terminate()

    def _compute(self, job: _Job) -> EnergyResult:
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                if self._process is None:
                    self._start()
                self._pipe.send(job)
                return self._pipe.recv()
            except (EOFError, OSError):
                assert self._process is not None
                self._process.join()
                reason = f"its worker process died (exit code {self._process.exitcode})"
                self._process = None
                if self._pool._closed:
                    break
            except UserError as error:
                reason = str(error)
                break
        return EnergyResult.failed(job.key, len(self._pool.sequence), reason)

    def _start(self) -> None:
        pool = self._pool
        molecule = pool._molecule()
        context = multiprocessing.get_context("spawn")  # forking would copy torch's threads
        self._pipe, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, molecule, pool.config), daemon=True)
        process.start()
        self._process = process
        theirs.close()  # so that the pipe ends with the process
