"""OpenMM energies of the predicted structures, computed while cores are free."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..physics import EnergyPool, EnergyResult
from .branch import Branch
from .frame import Frame

MAX_T = 0.2
"""Highest t at which energies are computed. Above it, x̂₀ averages over many structures and its
atoms overlap, so its energy means nothing."""

MAX_CONFORMERS = 16
"""Maximum number of conformers of an intermediate frame; the result is computed in full."""


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
    unavailable_reason : str
        Why no energies can be computed; empty if they can.
    """

    def __init__(self, sequence: str, on_energy: Callable[[], None]):
        self._on_energy = on_energy
        self._batches = 0
        self._in_progress: dict[int, tuple[Branch, int, NDArray[np.float64]]] = {}
        self._pool: EnergyPool | None = None
        self.enabled = True
        self.unavailable_reason = ""
        try:
            self._pool = EnergyPool(sequence, on_result=self._deliver, workers=1)
        except UserError as error:
            self.unavailable_reason = str(error)

    @property
    def idle(self) -> bool:
        """Whether no energies are queued or being computed."""
        return self._pool is None or not self._pool.pending

    def offer(self, branch: Branch, frame: Frame) -> None:
        """Queue a frame, unless the last one is still being computed. Returns at once.

        A result is always queued, and drops what is left of the frame before it.
        """
        pool, atoms = self._pool, frame.atom14
        if pool is None or atoms is None or not self.enabled or frame.step in branch.openmm:
            return
        if frame.t > MAX_T:
            return
        finished = frame.t == 0
        if finished:
            pool.cancel()
        elif pool.pending:
            return
        count = len(atoms) if finished else min(len(atoms), MAX_CONFORMERS)
        energies = np.full(len(atoms), np.nan)
        branch.openmm[frame.step] = energies
        self._batches += 1
        self._in_progress[self._batches] = branch, frame.step, energies
        self._in_progress.pop(self._batches - 2, None)  # one of the batch before may still arrive
        pool.submit(atoms[:count], [(self._batches, i) for i in range(count)])

    def pause(self, paused: bool) -> None:
        """Leave the cores to the sampler while ``paused``; queued frames wait."""
        if self._pool is not None:
            self._pool.pause(paused)

    def close(self) -> None:
        """End the worker process."""
        if self._pool is not None:
            self._pool.close()

    def _deliver(self, result: EnergyResult) -> None:
        batch, conformer = cast("tuple[int, int]", result.key)
        if batch not in self._in_progress:
            return
        branch, step, energies = self._in_progress[batch]
        if branch.openmm.get(step) is energies:  # otherwise the branch was truncated meanwhile
            energies[conformer] = result.energy
            recorder = branch.recorder  # another thread may remove it
            if recorder is not None and np.isfinite(result.energy):
                recorder.add_energy(step, conformer, result.energy)
        self._on_energy()
