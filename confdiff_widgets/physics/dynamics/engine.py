"""Integrate the replicas of a simulation in OpenMM contexts, in parallel."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..config import PhysicsError
from ..platform import GPU_PLATFORMS, PROPERTIES, import_openmm
from .config import FRICTION, STEP_PS

if TYPE_CHECKING:
    from openmm import Context, System


class UnstableSimulationError(PhysicsError):
    """A simulation whose energy or coordinates are not finite."""


@dataclass(frozen=True, eq=False)
class Replica:
    """State of one replica of A atoms.

    Attributes
    ----------
    positions, velocities : array, shape (A, 3)
        nm, nm/ps.
    temperature : float
        K
    potential : float
        kJ/mol; NaN before the first step.
    """

    positions: NDArray[np.float64]
    velocities: NDArray[np.float64]
    temperature: float
    potential: float = np.nan

    def at(self, temperature: float) -> Replica:
        """Return the replica at another temperature, with rescaled velocities."""
        if temperature == self.temperature:
            return self
        factor = np.sqrt(temperature / self.temperature)
        return replace(self, velocities=self.velocities * factor, temperature=temperature)


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Engine:
    """Propagates replicas with the Langevin-middle integrator.

    On the CPU platform each replica has a context, and threads integrate several at a time: OpenMM
    releases Python's lock. The Reference platform has one source of noise for all contexts, so its
    replicas take turns. On a GPU they take turns in one context.

    Parameters
    ----------
    system : openmm.System
    replicas : int
    platform : str
        An available platform.
    cores : int
        Cores of the CPU to use.
    """

    def __init__(self, system: System, replicas: int, platform: str, cores: int):
        on_gpu = platform in GPU_PLATFORMS
        self._openmm = import_openmm()
        self._threads = max(1, min(replicas, cores)) if platform == "CPU" else 1
        self._shared = on_gpu
        properties = dict(PROPERTIES[platform])
        if platform == "CPU":
            properties["Threads"] = str(max(1, cores // replicas))
            properties["DeterministicForces"] = "true"
        self._contexts = [
            self._make_context(system, platform, properties)
            for _ in range(1 if on_gpu else replicas)
        ]
        self._seeded = [False] * len(self._contexts)

    def draw_velocities(self, replica: Replica, seed: int) -> Replica:
        """Return a replica with velocities from the Maxwell–Boltzmann distribution."""
        context = self._contexts[0]
        context.setPositions(replica.positions)
        context.setVelocitiesToTemperature(replica.temperature, seed)
        state = context.getState(velocities=True)
        return replace(replica, velocities=_array(state.getVelocities(asNumpy=True)))

    def advance(
        self, replicas: Sequence[Replica], steps: int, seeds: Sequence[int] | None = None
    ) -> list[Replica]:
        """Return the replicas after some steps, with their potential energies.

        Parameters
        ----------
        replicas : sequence of Replica
        steps : int
        seeds : sequence of int, optional
            Seeds of the noise, from 1. On a CPU the noise restarts from them, so that the result
            depends on the states and seeds alone. On a GPU only the first ones count, because a
            restart would take longer than the steps.

        Raises
        ------
        UnstableSimulationError
            If an energy or coordinate is not finite.
        """
        if self._threads == 1:
            return [self._advance(k, r, steps, seeds) for k, r in enumerate(replicas)]
        pool = ThreadPoolExecutor(self._threads)
        try:
            jobs = [pool.submit(self._advance, k, r, steps, seeds) for k, r in enumerate(replicas)]
            return [job.result() for job in jobs]
        finally:
            pool.shutdown(cancel_futures=True)

    def _advance(
        self, number: int, replica: Replica, steps: int, seeds: Sequence[int] | None
    ) -> Replica:
        slot = number % len(self._contexts)
        context = self._contexts[slot]
        integrator = context.getIntegrator()
        try:
            if seeds is not None and not (self._shared and self._seeded[slot]):
                integrator.setRandomNumberSeed(seeds[number])
                context.reinitialize()
                self._seeded[slot] = True
            integrator.setTemperature(replica.temperature)
            context.setPositions(replica.positions)
            context.setVelocities(replica.velocities)
            integrator.step(steps)
            state = context.getState(positions=True, velocities=True, energy=True)
        except self._openmm.OpenMMException as error:
            raise _unstable(number, replica, f"OpenMM: {error}".rstrip(".")) from error
        potential = state.getPotentialEnergy()._value
        positions = _array(state.getPositions(asNumpy=True))
        if not (np.isfinite(potential) and np.isfinite(positions).all()):
            raise _unstable(number, replica, "its energy or coordinates are not finite")
        velocities = _array(state.getVelocities(asNumpy=True))
        return Replica(positions, velocities, replica.temperature, potential)

    def _make_context(self, system: System, platform: str, properties: dict[str, str]) -> Context:
        integrator = self._openmm.LangevinMiddleIntegrator(300, FRICTION, STEP_PS)
        return self._openmm.Context(
            system, integrator, self._openmm.Platform.getPlatformByName(platform), properties
        )


def _array(quantity: Any) -> NDArray[np.float64]:
    return np.array(quantity._value, dtype=np.float64)


def _unstable(number: int, replica: Replica, reason: str) -> UnstableSimulationError:
    return UnstableSimulationError(
        f"Replica {number} became unstable at {replica.temperature:.0f} K ({reason})."
    )
