"""OpenMM's energies of what a run predicts, as the cores have time for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..physics import EnergyPool, EnergyResult
from .branch import Branch
from .frame import Frame

LATEST = 0.2
"""t above which there are no energies: predictions are means over many structures then, with atoms
in one another's place, and their energies say nothing."""

MOST_CONFORMERS = 16
"""Of a frame in a run's course; of the result all."""


class Energies:
    """Keeps one frame at a time with OpenMM: the newest when the last one is done.

    Parameters
    ----------
    sequence : str
    arrived : callable
        Called in a thread of the pool after each energy.

    Attributes
    ----------
    wanted : bool
        Whether frames are looked at at all.
    why : str
        Why there are no energies; empty when there are.
    """

    def __init__(self, sequence: str, arrived: Callable[[], None]):
        self._arrived = arrived
        self._offers = 0
        self._under_way: dict[int, tuple[Branch, int, NDArray[np.float64]]] = {}
        self._pool: EnergyPool | None = None
        self.wanted = True
        self.why = ""
        try:
            self._pool = EnergyPool(sequence, watcher=self._deliver, workers=1)
        except UserError as error:
            self.why = str(error)

    @property
    def done(self) -> bool:
        """Whether OpenMM has nothing to do."""
        return self._pool is None or not self._pool.pending

    def offer(self, branch: Branch, frame: Frame) -> None:
        """Take a frame, unless the one before is still being worked on. Returns at once."""
        pool, atoms = self._pool, frame.atom14
        if pool is None or atoms is None or not self.wanted or frame.step in branch.openmm:
            return
        if frame.t > LATEST:
            return
        finished = frame.t == 0
        if finished:
            pool.cancel()
        elif pool.pending:
            return
        count = len(atoms) if finished else min(len(atoms), MOST_CONFORMERS)
        energies = np.full(len(atoms), np.nan)
        branch.openmm[frame.step] = energies
        self._offers += 1
        self._under_way[self._offers] = branch, frame.step, energies
        self._under_way.pop(self._offers - 2, None)  # of the one before, one may still come
        pool.submit(atoms[:count], [(self._offers, i) for i in range(count)])

    def hold(self, held: bool) -> None:
        """Leave the cores to the sampler; what is offered meanwhile waits."""
        if self._pool is not None:
            self._pool.hold(held)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def _deliver(self, result: EnergyResult) -> None:
        offer, conformer = cast("tuple[int, int]", result.key)
        if offer not in self._under_way:
            return
        branch, step, energies = self._under_way[offer]
        if branch.openmm.get(step) is energies:  # else the branch was cut meanwhile
            energies[conformer] = result.energy
            recorder = branch.recorder  # another thread may take it away
            if recorder is not None and np.isfinite(result.energy):
                recorder.add_energy(step, conformer, result.energy)
        self._arrived()
