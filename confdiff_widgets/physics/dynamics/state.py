"""The state of a simulation after whole frames, and its arrays in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...files.arrays import Array
from ...files.reading import FormatError
from .config import DynamicsConfig
from .engine import Replica
from .exchange import Ladder

CHECKPOINT_ARRAYS = {
    "xtc_bytes": Array("iu", ("replicas",)),
    "positions": Array("f", ("replicas", "atoms", 3), finite=True),
    "velocities": Array("f", ("replicas", "atoms", 3), finite=True),
    "potential": Array("f", ("replicas",), finite=True),
    "temperature": Array("f", ("replicas",), finite=True),
    "rung": Array("iu", ("rungs",)),
    "attempted": Array("iu", ("pairs",)),
    "accepted": Array("iu", ("pairs",)),
    "frames": Array("iu", ()),
}
"""Arrays of a checkpoint."""


@dataclass(frozen=True, eq=False)
class SimulationState:
    """A simulation after whole frames.

    Attributes
    ----------
    frames : int
    replicas : list of Replica
    ladder : Ladder or None
        None at constant temperature.
    potential, temperature : array, shape (R, frames)
        Of the frames, kJ/mol and K.
    """

    frames: int
    replicas: list[Replica]
    ladder: Ladder | None
    potential: NDArray[np.float32]
    temperature: NDArray[np.float32]


def energies(state: SimulationState, config: DynamicsConfig) -> dict[str, NDArray]:
    """Return the arrays of the NPZ file of a set."""
    arrays: dict[str, NDArray] = {
        "potential_kj_mol": state.potential,
        "temperature_k": state.temperature,
        "time_ps": np.arange(1, state.frames + 1) * float(config.frame_ps),
    }
    if state.ladder is not None:
        arrays["ladder_k"] = state.ladder.temperatures
        arrays["exchanges_attempted"] = state.ladder.attempted
        arrays["exchanges_accepted"] = state.ladder.accepted
    return arrays


def checkpoint(state: SimulationState, sizes: Sequence[int]) -> dict[str, NDArray]:
    """Return the arrays of a checkpoint, with the size of each trajectory in bytes."""
    ladder, replicas = state.ladder, state.replicas
    none = np.zeros(0, dtype=np.int64)
    return {
        "frames": np.array(state.frames),
        "xtc_bytes": np.array(sizes, dtype=np.int64),
        "positions": np.array([replica.positions for replica in replicas]),
        "velocities": np.array([replica.velocities for replica in replicas]),
        "potential": np.array([replica.potential for replica in replicas]),
        "temperature": np.array([replica.temperature for replica in replicas]),
        "rung": none if ladder is None else ladder.rung,
        "attempted": none if ladder is None else ladder.attempted,
        "accepted": none if ladder is None else ladder.accepted,
    }


def restore(
    stored: Mapping[str, NDArray],
    config: DynamicsConfig,
    potential: NDArray[np.float32],
    temperature: NDArray[np.float32],
) -> SimulationState:
    """Return the state of a checkpoint.

    Raises
    ------
    FormatError
        If it is of another simulation.
    """
    ladder = None
    if config.exchanges:
        rung = stored["rung"].astype(np.int64)
        pairs = config.replicas - 1
        if sorted(rung) != list(range(config.replicas)) or len(stored["attempted"]) != pairs:
            raise FormatError("the checkpoint is of another simulation")
        ladder = Ladder(
            np.array(config.temperatures), rung, stored["attempted"], stored["accepted"]
        )
    replicas = [
        Replica(*state)
        for state in zip(stored["positions"], stored["velocities"],
                         stored["temperature"].tolist(), stored["potential"].tolist(),
                         strict=True)
    ]  # fmt: skip
    return SimulationState(int(stored["frames"]), replicas, ladder, potential, temperature)
