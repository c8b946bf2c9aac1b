"""Read the folder of a simulation (``confdiff md``): all replicas with their temperatures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..analysis import TicaModel
from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.readers import MAX_FRAMES, Progress, read_ensemble
from ..errors import SettingsError
from ..files.arrays import Array, read_arrays
from ..files.reading import FormatError
from ..geometry.structure import StructureError
from ..ranges import shown
from .target import fit_target_tica

TOPOLOGY = "topology.pdb"

EQUILIBRATION = 0.25
"""Fraction of each trajectory that is left out at its start."""

ARRAYS = {
    "temperature_k": Array("f", ("replica", "frame"), finite=True),
    "potential_kj_mol": Array("f", ("replica", "frame"), finite=True, required=False),
}


class SimulationFiles(NamedTuple):
    """Files of one set of a simulation."""

    folder: Path
    trajectories: list[Path]
    temperature: NDArray[np.floating]  # (replica, frame) K
    potential: NDArray[np.floating]  # (replica, frame) kJ/mol, NaN if there are none


@dataclass(frozen=True, eq=False)
class SimulationFrames:
    """Frames of all replicas without the first quarter of each, one replica after the other.

    Attributes
    ----------
    sequence : str
    ca : ndarray, shape (M, L, 3)
        CA positions, Å.
    backbone : ndarray, shape (M, L, 4, 3), or None
        N, CA, C, O, Å.
    temperature : ndarray, shape (M,)
        K.
    potential : ndarray, shape (M,)
        Potential energy of all atoms, kJ/mol; NaN if the simulation has none.
    replica : ndarray of int, shape (M,)
    time_ps : ndarray, shape (M,)
        Time of each frame in its replica, ps; NaN if unknown.
    lengths : list of int
        Number of frames of each replica.
    frame_ps : float or None
        Time between frames.
    """

    sequence: str
    ca: NDArray[np.float32]
    backbone: NDArray[np.float32] | None
    temperature: NDArray[np.floating]
    potential: NDArray[np.float64]
    replica: NDArray[np.int64]
    time_ps: NDArray[np.float64]
    lengths: list[int]
    frame_ps: float | None

    def fit_tica(self, lag_ps: float | None = None) -> tuple[TicaModel | None, str]:
        """Fit a TICA to the replicas, which are continuous in time, and describe it in a note."""
        return fit_target_tica(self.ca, self.replica, self.lengths, self.frame_ps, lag_ps)


def find_simulation(folder: Path) -> SimulationFiles:
    """Find TAG.npz with the temperatures, and TAG_*.xtc, in a folder.

    Raises
    ------
    SettingsError
        If the folder does not hold one set, or its files do not belong together.
    """
    try:
        sets = [path for path in sorted(folder.glob("*.npz")) if any(_trajectories(path))]
        complete = len(sets) == 1 and (folder / TOPOLOGY).is_file()
    except (OSError, ValueError) as error:  # a name that is too long, or has a null character
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"Cannot read the folder {shown(str(folder))}: {reason}. Give the folder of a "
            "simulation."
        ) from error
    if not complete:
        raise SettingsError(
            f"{folder} is not the folder of one simulation ({TOPOLOGY}, TAG.npz, TAG_*.xtc). Give "
            "such a folder, or trajectories with --topology."
        )
    trajectories = _trajectories(sets[0])
    try:
        arrays = read_arrays(sets[0], ARRAYS)
        kelvin = arrays["temperature_k"]
        potential = arrays.get("potential_kj_mol", np.full(kelvin.shape, np.nan))
        if len(kelvin) != len(trajectories):
            raise FormatError(f"{len(trajectories)} trajectories for {len(kelvin)} replicas")
    except (OSError, FormatError) as error:
        raise SettingsError(
            f"Cannot read the simulation {sets[0]}: {error}. Restore the files."
        ) from error
    if not kelvin.size:
        raise SettingsError(f"{folder} has no frames yet. Continue the simulation.")
    return SimulationFiles(folder, trajectories, kelvin, potential)


def read_simulation(
    found: SimulationFiles, *, progress: Progress = lambda _: None
) -> SimulationFrames:
    """Read the frames of a simulation, at most `MAX_FRAMES`.

    Raises
    ------
    StructureError
        If a trajectory cannot be read, or does not have as many frames as temperatures.
    """
    share = max(2, MAX_FRAMES // len(found.trajectories))
    parts: list[EnsembleData] = []
    temperature, potential = [], []
    for path, kelvin, energy in zip(
        found.trajectories, found.temperature, found.potential, strict=True
    ):
        part = read_ensemble(
            path, topology=found.folder / TOPOLOGY, max_frames=share, progress=progress
        )
        if len(kelvin[:: part.thinning]) != len(part):
            raise StructureError(
                f"{path} does not have the {len(kelvin)} frames of its temperatures. If the "
                "simulation was killed, resume it with the same `confdiff md` command."
            )
        temperature.append(kelvin[:: part.thinning])
        potential.append(energy[:: part.thinning])
        parts.append(part)
    count, frame_ps = len(parts[0]), parts[0].frame_ps
    skip, spacing = int(EQUILIBRATION * count), np.nan if frame_ps is None else frame_ps
    backbone = [part.backbone[skip:] for part in parts if part.backbone is not None]
    return SimulationFrames(
        sequence=parts[0].sequence,
        ca=np.concatenate([part.ca[skip:] for part in parts]),
        backbone=np.concatenate(backbone) if len(backbone) == len(parts) else None,
        temperature=np.concatenate([values[skip:] for values in temperature]),
        potential=np.concatenate([values[skip:] for values in potential]).astype(np.float64),
        replica=np.repeat(np.arange(len(parts)), count - skip),
        time_ps=np.tile(np.arange(skip, count) * spacing, len(parts)),
        lengths=[count - skip] * len(parts),
        frame_ps=frame_ps,
    )


def _trajectories(arrays: Path) -> list[Path]:
    return sorted(arrays.parent.glob(f"{arrays.stem}_*.xtc"))
