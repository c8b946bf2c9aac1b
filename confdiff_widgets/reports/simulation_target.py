"""Targets of evaluations from the folder of a simulation (``confdiff md``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..ensembles.readers import Progress, read_ensemble
from ..errors import SettingsError
from .simulation_files import TOPOLOGY, SimulationFiles, find_simulation, read_simulation
from .target import Target

SAME_TEMPERATURE = 0.5
"""Difference (K) below which two temperatures are equal."""


def simulation_target(
    folder: str | Path,
    *,
    temperature: float | None = None,
    lag_ps: float | None = None,
    progress: Progress = lambda _: None,
) -> Target:
    """Create a target from the folder of a simulation, without the first quarter.

    The TICA is fitted to all frames of the replicas, which are continuous in time.

    Parameters
    ----------
    folder : path
    temperature : float, optional
        Temperature in K. Of a replica exchange, the frames at the nearest temperature are taken.
        Default: that of a simulation at constant temperature.
    lag_ps : float, optional
        Lag of the TICA. Default: a twentieth of a trajectory.
    progress : callable
        Called with the number of frames read so far.

    Raises
    ------
    SettingsError
        If the folder is not that of a simulation, or does not have the temperature.
    StructureError
        If a trajectory cannot be read, or does not have as many frames as temperatures.
    """
    found = find_simulation(Path(folder))
    chosen = _choose_temperature(found, temperature)
    frames = read_simulation(found, progress=progress)
    mask = np.abs(frames.temperature - chosen) < SAME_TEMPERATURE
    if mask.sum() < 2:
        raise SettingsError(
            f"{folder} has {mask.sum()} frames at {chosen:g} K. Simulate longer, or give another "
            "temperature."
        )
    tica, note = frames.fit_tica(lag_ps)
    known = read_ensemble(found.folder / TOPOLOGY, sequence=frames.sequence)
    continuous = bool(mask.all())
    return Target(
        name=found.folder.name or str(folder),
        sequence=frames.sequence,
        ca=frames.ca[mask],
        backbone=None if frames.backbone is None else frames.backbone[mask],
        trajectory=frames.replica[mask],
        folded=known.ca[0],
        folded_backbone=None if known.backbone is None else known.backbone[0],
        tica=tica,
        temperature=chosen,
        frame_ps=frames.frame_ps if continuous else None,
        notes=(
            f"Reference: {mask.sum()} frames at {chosen:g} K of {len(frames.lengths)} "
            "trajectories; the first quarter of each is left out.",
            f"Folded structure: {TOPOLOGY}, the start of the simulation.",
            note,
        ),
    )


def _choose_temperature(found: SimulationFiles, wanted: float | None) -> float:
    """Return the temperature of the simulation that is nearest to the wanted one."""
    ladder = np.unique(np.round(found.temperature, 2))
    low, high = float(ladder[0]), float(ladder[-1])
    if wanted is None:
        if len(ladder) > 1:
            raise SettingsError(
                f"{found.folder} is a replica exchange at {low:g} to {high:g} K. Choose the "
                "temperature of the reference with --temperature."
            )
        return low
    if not low - SAME_TEMPERATURE <= wanted <= high + SAME_TEMPERATURE:
        has = f"{low:g} K" if len(ladder) == 1 else f"{low:g} to {high:g} K"
        raise SettingsError(
            f"{found.folder} was simulated at {has}, not at {wanted:g} K. Give a temperature that "
            "it has."
        )
    return float(ladder[np.abs(ladder - wanted).argmin()])
