"""Settings of molecular dynamics, and the protocol that all simulations share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import SettingsError
from ...ranges import Range, shown

FORCE_FIELD = ("amber14/protein.ff14SB.xml", "implicit/gbn2.xml")

HYDROGEN_MASS = 3.0
"""amu; the mass is taken from the bonded heavy atom."""

STEP_PS = 0.004

FRICTION = 1.0
"""1/ps"""

EXCHANGE_PS = 1
"""Time between exchange attempts."""

STEPS = round(EXCHANGE_PS / STEP_PS)
"""Steps between exchange attempts."""

TEMPERATURE = Range(200, 800, unit="K")
RUNGS = Range(2, 256, whole=True)
REPLICAS = Range(1, 256, whole=True)
TIME = Range(0, 1e6, above=True, unit="ns")
FRAME = Range(1, 100_000, whole=True, unit="ps")
SEED = Range(0, 2**31 - 1, whole=True)

STARTS = ("folded", "extended", "heated")


@dataclass(frozen=True)
class DynamicsConfig:
    """Settings of a simulation.

    Attributes
    ----------
    temperatures : tuple of float
        One temperature (K) for dynamics at constant temperature; several, in ascending order, for
        replica exchange with one replica each.
    time_ns : float
        Time of each replica; it is rounded down to whole frames.
    frame_ps : int
        Time between frames.
    starts : tuple of str
        Starts of the replicas, taken in turn: ``folded`` (the structure of a file), ``extended``
        (a built chain) or ``heated`` (either of them after a heating).
    replicas : int
        Number of replicas. Replica exchange has one for each temperature.
    seed : int

    Raises
    ------
    SettingsError
        If a setting is out of range.
    """

    temperatures: tuple[float, ...]
    time_ns: float
    frame_ps: int = 10
    starts: tuple[str, ...] = ("heated",)
    replicas: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for value in self.temperatures:
            TEMPERATURE.check(value, "The temperature")
        TIME.check(self.time_ns, "The time")
        FRAME.check(self.frame_ps, "The time between frames")
        REPLICAS.check(self.replicas, "The number of replicas")
        SEED.check(self.seed, "The seed")
        unknown = [name for name in self.starts if name not in STARTS]
        if unknown or not self.starts:
            raise SettingsError(
                f"Unknown start {shown(', '.join(unknown))}. Use {', '.join(STARTS)}."
            )
        if not self.temperatures:
            raise SettingsError("No temperature was given. Give one or several.")
        if self.exchanges and self.replicas != len(self.temperatures):
            raise SettingsError(
                f"There are {self.replicas} replicas for {len(self.temperatures)} temperatures. "
                "Give one replica for each temperature."
            )
        if not self.frames:
            raise SettingsError(
                f"The time of {self.time_ns:g} ns is shorter than the {self.frame_ps} ps between "
                "frames. Give a longer time, or frames at shorter intervals."
            )

    @property
    def exchanges(self) -> bool:
        """Whether replicas exchange their temperatures."""
        return len(self.temperatures) > 1

    @property
    def frames(self) -> int:
        """Frames of each replica."""
        return int(self.time_ns * 1000 / self.frame_ps + 1e-6)

    @property
    def tag(self) -> str:
        """Name of the set in the names of its files."""
        return "remd" if self.exchanges else f"md_{self.temperatures[0]:g}K"

    def start(self, replica: int) -> str:
        """Return the start of a replica."""
        return self.starts[replica % len(self.starts)]


def parse_ladder(text: str) -> tuple[float, ...]:
    """Return the temperatures of a ladder "LOWEST:HIGHEST:NUMBER", in a geometric series.

    Raises
    ------
    SettingsError
        If it is malformed or out of range.
    """
    parts = text.split(":")
    try:
        low, high, count = float(parts[0]), float(parts[1]), float(parts[2])
        if len(parts) > 3:
            raise ValueError
    except (ValueError, IndexError):
        raise SettingsError(
            f"The temperature ladder {shown(text)} is not LOWEST:HIGHEST:NUMBER. Give one such as "
            "300:450:16."
        ) from None
    TEMPERATURE.check(low, "The lowest temperature")
    TEMPERATURE.check(high, "The highest temperature")
    number = RUNGS.check(count, "The number of temperatures")
    if low >= high:
        raise SettingsError(
            f"The temperature ladder {shown(text)} does not ascend. Give the lowest temperature "
            "first."
        )
    return tuple(float(f"{kelvin:.6g}") for kelvin in np.geomspace(low, high, number))


def random_seed(*parts: Any) -> int:
    """Return a seed from 1 to 2³¹ - 1 for OpenMM, of whole numbers such as (seed, replica)."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0] % (2**31 - 1)) + 1
