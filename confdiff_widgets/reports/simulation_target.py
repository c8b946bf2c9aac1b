"""Targets of evaluations from the folder of a simulation (``confdiff md``)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.readers import MAX_FRAMES, Progress, read_ensemble
from ..errors import SettingsError
from ..files.arrays import Array, read_arrays
from ..files.reading import FormatError
from ..geometry.structure import StructureError
from .target import Target, fit_target_tica

TOPOLOGY = "topology.pdb"

EQUILIBRATION = 0.25
"""Fraction of each trajectory that is left out at its start."""

SAME_TEMPERATURE = 0.5
"""Difference (K) below which two temperatures are equal."""

ARRAYS = {"temperature_k": Array("f", ("replica", "frame"), finite=True)}


class SimulationFiles(NamedTuple):
    """Files of one set of a simulation."""

    folder: Path
    trajectories: list[Path]
    temperature: NDArray[np.floating]  # (replica, frame) K


def find_simulation(folder: Path) -> SimulationFiles:
    """Find TAG.npz with the temperatures and TAG_*.xtc in a folder.

    Raises
    ------
    SettingsError
        If the folder does not hold one set, or its files do not belong together.
    """
    sets = [path for path in sorted(folder.glob("*.npz")) if any(_trajectories(path))]
    if len(sets) != 1 or not (folder / TOPOLOGY).is_file():
        raise SettingsError(
            f"{folder} is not the folder of one simulation ({TOPOLOGY}, TAG.npz, TAG_*.xtc). Give "
            "such a folder, or trajectories with --topology."
        )
    trajectories = _trajectories(sets[0])
    try:
        kelvin = read_arrays(sets[0], ARRAYS)["temperature_k"]
        if len(kelvin) != len(trajectories):
            raise FormatError(f"{len(trajectories)} trajectories for {len(kelvin)} replicas")
    except (OSError, FormatError) as error:
        raise SettingsError(
            f"Cannot read the simulation {sets[0]}: {error}. Restore the files."
        ) from error
    return SimulationFiles(folder, trajectories, kelvin)


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
    share = max(2, MAX_FRAMES // len(found.trajectories))
    parts: list[EnsembleData] = []
    selected = []
    for path, kelvin in zip(found.trajectories, found.temperature, strict=True):
        part = read_ensemble(
            path, topology=found.folder / TOPOLOGY, max_frames=share, progress=progress
        )
        thinned = kelvin[:: part.thinning]
        if len(thinned) != len(part):
            raise StructureError(
                f"{path} does not have the {len(kelvin)} frames of its temperatures. If the "
                "simulation was killed, resume it with the same `confdiff md` command."
            )
        selected.append(np.abs(thinned - chosen) < SAME_TEMPERATURE)
        parts.append(part)
    skip = int(EQUILIBRATION * len(parts[0]))
    kept = [mask[skip:] for mask in selected]
    trajectory = np.repeat(np.arange(len(parts)), [len(mask) for mask in kept])
    ca, mask = np.concatenate([part.ca[skip:] for part in parts]), np.concatenate(kept)
    if mask.sum() < 2:
        raise SettingsError(
            f"{folder} has {mask.sum()} frames at {chosen:g} K. Simulate longer, or give another "
            "temperature."
        )
    backbone = [part.backbone[skip:] for part in parts if part.backbone is not None]
    frame_ps = parts[0].frame_ps
    lengths = [len(mask) for mask in kept]
    tica, note = fit_target_tica(ca, trajectory, lengths, frame_ps, lag_ps)
    known = read_ensemble(found.folder / TOPOLOGY, sequence=parts[0].sequence)
    continuous = bool(mask.all())
    return Target(
        name=found.folder.name or str(folder),
        sequence=parts[0].sequence,
        ca=ca[mask],
        backbone=np.concatenate(backbone)[mask] if len(backbone) == len(parts) else None,
        trajectory=trajectory[mask],
        folded=known.ca[0],
        folded_backbone=None if known.backbone is None else known.backbone[0],
        tica=tica,
        temperature=chosen,
        frame_ps=frame_ps if continuous else None,
        notes=(
            f"Reference: {mask.sum()} frames at {chosen:g} K of {len(parts)} trajectories; the "
            "first quarter of each is left out.",
            f"Folded structure: {TOPOLOGY}, the start of the simulation.",
            note,
        ),
    )


def _trajectories(arrays: Path) -> list[Path]:
    return sorted(arrays.parent.glob(f"{arrays.stem}_*.xtc"))


def _choose_temperature(found: SimulationFiles, wanted: float | None) -> float:
    """Return the temperature of the simulation that is nearest to the wanted one."""
    ladder = np.unique(np.round(found.temperature, 2))
    if not len(ladder):
        raise SettingsError(f"{found.folder} has no frames yet. Continue the simulation.")
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
