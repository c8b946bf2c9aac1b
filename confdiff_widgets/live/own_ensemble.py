"""The ensemble of a model itself, sampled while the player rests.

Its principal components are the plane of sequences without a reference.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import numpy as np

from ..analysis.free_energy import FreeEnergy
from ..analysis.input_checks import Floats
from ..analysis.principal_plane import PrincipalPlane
from ..guidance.registry import NO_GUIDANCE
from ..proteins.system import System
from ..sampling import Run, SamplerConfig
from .frame import Frame
from .player import Player, Status

SAMPLES = 256
"""Number of conformers."""

SEED = 0
"""Seed of the ensemble: equal sequences have equal planes."""

log = logging.getLogger(__name__)


class OwnEnsemble:
    """Samples the model at γ = 1 at the temperatures that are asked for, in a thread of its own.

    The axes are those of the first ensemble, so that points do not move when the temperature
    changes.

    Parameters
    ----------
    system : System
        A system with temperature guidance.
    device : str
    resting : callable
        Returns whether the cores are free; the thread waits while they are not.
    on_change : callable
        Called in the thread after each ensemble.

    Attributes
    ----------
    samples : int
        Number of conformers of an ensemble.
    plane : PrincipalPlane or None
        None until the first ensemble is complete.
    failure : str
        Why there will be no ensemble; empty if there is one or will be.
    """

    def __init__(
        self,
        system: System,
        device: str,
        *,
        resting: Callable[[], bool],
        on_change: Callable[[], None],
    ):
        self._system, self._device = system, device
        self._resting, self._on_change = resting, on_change
        self.samples = SAMPLES
        self._wanted: float | None = None
        self._surfaces: dict[float, FreeEnergy] = {}
        self._wake, self._closed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.plane: PrincipalPlane | None = None
        self.failure = ""

    @classmethod
    def of(
        cls, system: System, device: str, player: Player, on_change: Callable[[], None]
    ) -> OwnEnsemble | None:
        """Return the ensemble of the transferable model beside a player; None for other systems."""
        if not system.transferable or system.reference is not None:
            return None
        return cls(
            system,
            device,
            resting=lambda: player.status is not Status.RUNNING,
            on_change=on_change,
        )

    def surface(self, kelvin: float) -> FreeEnergy | None:
        """Return the free energy at a temperature; None starts its computation."""
        key = round(kelvin, 1)
        found = self._surfaces.get(key)
        if found is None and key != self._wanted:
            self._wanted = key
            self._wake.set()
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._work, name="own ensemble", daemon=True)
                self._thread.start()
        return found

    def coordinates(self, frame: Frame) -> Floats | None:
        """Return the place of the conformers of a frame on the plane, (B, 2)."""
        if self.plane is None or frame.predicted is None:
            return None
        return self.plane.transform(frame.predicted[:, :, 1])

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._wake.set()

    def _work(self) -> None:
        while not self._closed.is_set():
            self._wake.wait()
            self._wake.clear()
            kelvin = self._wanted
            if kelvin is None or kelvin in self._surfaces:
                continue
            try:
                ca = self._sample(kelvin)
                if ca is None:
                    continue
                self._add(ca, kelvin)
            except Exception as error:
                log.exception("The ensemble of the model could not be sampled")
                self.failure = str(error)
            self._on_change()
            if self.failure:
                return

    def _add(self, ca: np.ndarray, kelvin: float) -> None:
        if self.plane is None:
            self.plane = PrincipalPlane.fit(ca)
        like = next(iter(self._surfaces.values()), None)
        self._surfaces[kelvin] = self.plane.free_energy(ca, kelvin, like)

    def _sample(self, kelvin: float) -> np.ndarray | None:
        """Return CA positions (N, L, 3); None if another temperature is wanted meanwhile."""
        kind = self._system.sampling_guidance
        assert kind != NO_GUIDANCE
        run = Run(
            self._system.load_networks(self._device, kind),
            self._system.sequence,
            SamplerConfig(samples=self.samples, seed=SEED, temperature=kelvin),
            physical=self._system.load_physical(kind, self._device),
            keep_every=10**9,
        )
        for _ in run:
            while not self._resting():
                if self._wake.wait(0.05):
                    break
            if self._wake.is_set():
                return None
        return run.ensemble().ca
