"""OpenMM energies of the predicted structures, computed with the lowest priority."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..physics import EnergyPool, EnergyResult
from .branch import Branch
from .frame import Frame

MAX_T = 0.5
"""Highest t at which energies are computed. Above it, x̂₀ averages over so many structures that its
atoms overlap."""

MAX_CONFORMERS = 16
"""Maximum number of conformers of an intermediate frame; the result is computed in full."""


@dataclass(eq=False)
class _Batch:
    """Energies of a frame that are being computed."""

    branch: Branch
    step: int
    energies: NDArray[np.float64]
    missing: int
    result: bool


class Energies:
    """Computes the energies of one frame at a time: the newest once the last one is done.

    Parameters
    ----------
    sequence : str
    on_energy : callable
        Called in a thread of the pool after each energy.

    Attributes
    ----------
    enabled : bool
        Whether energies of new frames are computed.
    scarce : bool
        Whether the sampler needs the cores. Then one conformer of a frame is computed at a time,
        in turn.
    unavailable_reason : str
        Why no energies can be computed; empty if they can.
    """

    def __init__(self, sequence: str, on_energy: Callable[[], None]):
        self._on_energy = on_energy
        self._count = 0
        self._lock = threading.Lock()
        self._batches: dict[int, _Batch] = {}
        self._pool: EnergyPool | None = None
        self.enabled = True
        self.scarce = False
        self._closed = False
        self.unavailable_reason = ""
        try:
            self._pool = EnergyPool(sequence, on_result=self._deliver, workers=1)
        except UserError as error:
            self.unavailable_reason = str(error)

    @property
    def idle(self) -> bool:
        """Whether no energies are queued or being computed."""
        return self._pool is None or not self._pool.pending

    def start(self) -> None:
        """Start the worker process, so that the first energy does not wait for it."""
        if self._pool is not None and self.enabled and not self._closed:
            self._pool.start()

    def offer(self, branch: Branch, frame: Frame) -> None:
        """Queue a frame, unless the last one is still being computed. Returns at once.

        A result is always queued, before earlier results. An intermediate frame is dropped for it,
        and is computed before what is left of the results of earlier runs.
        """
        pool, atoms = self._pool, frame.atom14
        if pool is None or atoms is None or not self.enabled or frame.step in branch.openmm:
            return
        if frame.t > MAX_T:
            return
        finished = frame.t == 0
        if finished:
            self._drop_intermediate(pool)
        elif any(not batch.result for batch in self._batches.copy().values()):
            return
        energies = np.full(len(atoms), np.nan)
        branch.openmm[frame.step] = energies
        self._count += 1
        chosen = np.arange(len(atoms) if finished else min(len(atoms), MAX_CONFORMERS))
        if self.scarce and not finished:
            chosen = np.array([self._count % len(atoms)])
        self._batches[self._count] = _Batch(branch, frame.step, energies, len(chosen), finished)
        pool.submit(atoms[chosen], [(self._count, int(i)) for i in chosen], first=True)

    def close(self) -> None:
        """End the worker process."""
        self._closed = True
        if self._pool is not None:
            self._pool.close()

    def _drop_intermediate(self, pool: EnergyPool) -> None:
        """Drop what is queued of intermediate frames, and of frames that were discarded."""
        kept = {
            number
            for number, batch in self._batches.copy().items()
            if batch.result and batch.branch.openmm.get(batch.step) is batch.energies
        }
        for key in pool.cancel(lambda key: cast("tuple[int, int]", key)[0] not in kept):
            self._subtract(cast("tuple[int, int]", key)[0])

    def _subtract(self, number: int) -> _Batch | None:
        """Count one conformer of a batch as done."""
        with self._lock:
            batch = self._batches.get(number)
            if batch is not None:
                batch.missing -= 1
                if not batch.missing:
                    del self._batches[number]
        return batch

    def _deliver(self, result: EnergyResult) -> None:
        number, conformer = cast("tuple[int, int]", result.key)
        batch = self._subtract(number)
        if batch is None:
            return
        branch, step, energies = batch.branch, batch.step, batch.energies
        if branch.openmm.get(step) is energies:  # otherwise the branch was truncated meanwhile
            known = np.isfinite(result.energy)
            energies[conformer] = result.energy if known else np.inf
            recorder = branch.recorder  # another thread may remove it
            if recorder is not None and known:
                recorder.add_energy(step, conformer, result.energy)
        self._on_energy()
