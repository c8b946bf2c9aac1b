"""Starts of replicas: the given structure, or heated ones with their stereochemistry checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config import PhysicsError
from .config import STEPS, DynamicsConfig, random_seed
from .engine import Engine, Replica
from .simulated_protein import SimulatedProtein, Stereochemistry

MAX_ATTEMPTS = 5
"""Heatings of one replica until one has the stereochemistry of the structure."""


class Heating(NamedTuple):
    """Dynamics at a high temperature."""

    temperature: float  # K
    time_ps: int


EXTENDED = Heating(600.0, 36)
"""Heating of an extended chain."""

FOLDED = Heating(800.0, 80)
"""Heating that unfolds a small protein."""


def make_starts(
    protein: SimulatedProtein,
    config: DynamicsConfig,
    heating: Heating,
    engine: Engine,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Replica]:
    """Return the replicas at their temperatures, with new velocities.

    Parameters
    ----------
    protein : SimulatedProtein
    config : DynamicsConfig
    heating : Heating
    engine : Engine
        With a context for each replica.
    progress : callable
        Called with the ps of the heating that are done, and their total.

    Raises
    ------
    PhysicsError
        If a heating inverts a residue or isomerises a peptide bond again and again.
    """
    stereochemistry = Stereochemistry(protein.topology)
    wanted = _state(stereochemistry, protein.positions)
    positions = [protein.positions] * config.replicas
    missing = [k for k in range(config.replicas) if config.start(k) == "heated"]
    for attempt in range(MAX_ATTEMPTS):
        if not missing:
            break
        heated = []
        for k in missing:
            cold = Replica(protein.positions, protein.positions * 0, heating.temperature)
            heated.append(engine.draw_velocities(cold, random_seed(config.seed, 1, k, attempt)))
        seeds = [random_seed(config.seed, 2, k, attempt) for k in missing]
        for done in range(heating.time_ps):
            heated = engine.advance(heated, STEPS, seeds if done == 0 else None)
            progress(done + 1, heating.time_ps)
        failed = []
        for k, replica in zip(missing, heated, strict=True):
            positions[k] = replica.positions
            if _state(stereochemistry, replica.positions) != wanted:
                failed.append(k)
        missing = failed
    if missing:
        raise PhysicsError(
            f"Replica {missing[0]} has inverted residues or other peptide bonds than the structure "
            f"after {MAX_ATTEMPTS} heatings. Choose another --seed, or other --starts."
        )
    temperatures = config.temperatures * (1 if config.exchanges else config.replicas)
    return [
        engine.draw_velocities(Replica(start, start * 0, kelvin), random_seed(config.seed, 3, k))
        for k, (start, kelvin) in enumerate(zip(positions, temperatures, strict=True))
    ]


def _state(
    stereochemistry: Stereochemistry,
    positions: NDArray[np.float64],
) -> tuple[list[str], list[str]]:
    return stereochemistry.inverted(positions), stereochemistry.cis(positions)
