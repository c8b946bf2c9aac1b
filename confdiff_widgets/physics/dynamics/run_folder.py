"""The folder of a simulation: trajectories, energies and a checkpoint that belong together.

The checkpoint is written last and has the sizes of the trajectories. What a kill left behind it,
such as half a frame, is cut off when the simulation resumes.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...files.arrays import Array, read_arrays
from ...files.reading import FormatError, read_json
from ...files.writing import (
    OutputError,
    append,
    make_folder,
    output_errors,
    write_files,
    write_text,
)
from ...ranges import shown
from .config import DynamicsConfig
from .engine import Replica
from .exchange import Ladder

SETTINGS, TOPOLOGY, SYSTEM, CHECKPOINT = "md.json", "topology.pdb", "system.xml", "md.checkpoint"

MISSING = "(none)"
"""A setting that one of two runs does not have."""

ARRAYS = {
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
class Progress:
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


class RunFolder:
    """The folder of one simulation. A context manager, which one process can have.

    Parameters
    ----------
    folder : path
    config : DynamicsConfig
    settings : mapping
        Settings that identify the simulation, as JSON values by their names.

    Raises
    ------
    OutputError
        If the folder belongs to another simulation, with what differs, to another process, or
        cannot be written.
    """

    def __init__(self, folder: Path, config: DynamicsConfig, settings: Mapping[str, Any]):
        self.folder, self.config, self._settings = folder, config, settings
        self._sizes = np.zeros(config.replicas, dtype=np.int64)
        self._lock: FileIO | None = None
        if self._settings_file.exists():
            self._lock = _lock(self._settings_file)
        self._check()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()

    @property
    def _settings_file(self) -> Path:
        return self.folder / SETTINGS

    @property
    def system_file(self) -> Path:
        return self.folder / SYSTEM

    @property
    def energies_file(self) -> Path:
        """NPZ file of energies and temperatures."""
        return self.folder / f"{self.config.tag}.npz"

    def trajectory(self, replica: int) -> Path:
        """XTC file of a replica."""
        return self.folder / f"{self.config.tag}_{replica:02d}.xtc"

    def create(self, pdb: str, system: str) -> None:
        """Create the folder with its settings, the topology and the OpenMM System."""
        make_folder(self.folder)
        text = json.dumps(self._settings, indent=1, ensure_ascii=False) + "\n"
        write_text(self._settings_file, text)
        self._lock = _lock(self._settings_file)
        write_files(
            {
                self.folder / TOPOLOGY: lambda file: file.write_text(pdb, encoding="utf-8"),
                self.system_file: lambda file: file.write_text(system, encoding="utf-8"),
            }
        )

    def load(self) -> Progress | None:
        """Return the simulation at its checkpoint; None if there is none.

        Raises
        ------
        OutputError
            If a file is damaged or missing.
        """
        if not (self.folder / CHECKPOINT).exists():
            return None
        try:
            stored = read_arrays(self.folder / CHECKPOINT, ARRAYS)
            progress = self._progress(stored)
            if not self.system_file.exists() or not (self.folder / TOPOLOGY).exists():
                raise FormatError(f"{TOPOLOGY} or {SYSTEM} is missing")
        except (OSError, FormatError) as error:
            raise OutputError(
                f"The simulation in {self.folder} cannot be resumed: {error}. Restore the files, "
                "or choose another folder (--out)."
            ) from error
        return progress

    def save(self, progress: Progress, frames: Sequence[Sequence[NDArray[np.float64]]]) -> None:
        """Append frames and write a checkpoint.

        Parameters
        ----------
        progress : Progress
            After these frames.
        frames : sequence of R sequences of arrays (A, 3)
            New frames of each replica, nm.

        Raises
        ------
        OutputError
            If a file cannot be written; the simulation stays as it was.
        """
        done = progress.frames - len(frames[0])
        advice = (
            f"{done} of {self.config.frames} frames are kept; run the same command again to resume."
        )
        try:
            sizes = [self._append(k, part, done, advice) for k, part in enumerate(frames)]
            write_files(
                {self.energies_file: lambda file: _save(file, _energies(progress, self.config))},
                advice,
            )
            stored = _checkpoint(progress, sizes)
            write_files({self.folder / CHECKPOINT: lambda file: _save(file, stored)}, advice)
        except BaseException:
            self._truncate()
            raise
        self._sizes = np.array(sizes, dtype=np.int64)

    def _progress(self, stored: Mapping[str, NDArray]) -> Progress:
        """Check a checkpoint against the other files, and cut the trajectories to it."""
        config, frames = self.config, int(stored["frames"])
        if len(stored["xtc_bytes"]) != config.replicas or not 0 <= frames <= config.frames:
            raise FormatError(f"{CHECKPOINT} is of another simulation")
        shapes = {"potential_kj_mol": Array("f", ("replica", "frame")),
                  "temperature_k": Array("f", ("replica", "frame"))}  # fmt: skip
        energies = read_arrays(self.energies_file, shapes)
        potential, kelvin = energies["potential_kj_mol"], energies["temperature_k"]
        if len(potential) != config.replicas or potential.shape[1] < frames:
            raise FormatError(f"{self.energies_file.name} has fewer energies than {CHECKPOINT}")
        self._sizes = stored["xtc_bytes"].astype(np.int64)
        for k, size in enumerate(self._sizes):
            path = self.trajectory(k)
            if (path.stat().st_size if path.exists() else 0) < size:
                raise FormatError(f"{path.name} is shorter than at the last checkpoint")
        self._truncate()
        ladder = None
        if config.exchanges:
            rung = stored["rung"].astype(np.int64)
            pairs = config.replicas - 1
            if sorted(rung) != list(range(config.replicas)) or len(stored["attempted"]) != pairs:
                raise FormatError(f"{CHECKPOINT} is of another simulation")
            ladder = Ladder(
                np.array(config.temperatures), rung, stored["attempted"], stored["accepted"]
            )
        replicas = [
            Replica(*state)
            for state in zip(stored["positions"], stored["velocities"],
                             stored["temperature"].tolist(), stored["potential"].tolist(),
                             strict=True)
        ]  # fmt: skip
        return Progress(frames, replicas, ladder, potential[:, :frames], kelvin[:, :frames])

    def _append(
        self, replica: int, frames: Sequence[NDArray[np.float64]], done: int, advice: str
    ) -> int:
        """Append frames to the trajectory of a replica, and return its size."""
        path = self.trajectory(replica)
        size = int(self._sizes[replica])
        with output_errors(path, advice):
            data = _encode(frames, done, self.config.frame_ps, self.folder) if frames else b""
            with path.open("r+b" if path.exists() else "w+b", buffering=0) as file:
                file.truncate(size)
                append(file, data)
                os.fsync(file.fileno())
        return size + len(data)

    def _truncate(self) -> None:
        """Cut the trajectories to their sizes at the last checkpoint."""
        for k, size in enumerate(self._sizes.tolist()):
            path = self.trajectory(k)
            if path.exists() and path.stat().st_size > size:
                with contextlib.suppress(OSError):
                    os.truncate(path, size)

    def _check(self) -> None:
        """Refuse a folder with results of other settings, or with files that are not of a run."""
        path = self._settings_file
        if not path.exists():
            for name in (TOPOLOGY, SYSTEM, self.energies_file.name, self.trajectory(0).name):
                if (self.folder / name).exists():
                    raise OutputError(
                        f"{self.folder / name} is not of this simulation. Choose another folder "
                        "(--out)."
                    )
            return
        try:
            stored = read_json(path, dict[str, Any])
        except (OSError, FormatError) as error:
            raise OutputError(
                f"{path} does not describe a simulation: {error}. Choose another folder (--out)."
            ) from error
        differences = [
            f"{name} {shown(there)} there, {shown(here)} here"
            for name in {**self._settings, **stored}
            if (there := stored.get(name, MISSING)) != (here := self._settings.get(name, MISSING))
        ]
        if differences and (self.folder / CHECKPOINT).exists():
            raise OutputError(
                f"{self.folder} holds another simulation: {'; '.join(differences)}. Choose another "
                "folder (--out), or give the same settings to resume."
            )


def _energies(progress: Progress, config: DynamicsConfig) -> dict[str, NDArray]:
    """Return the arrays of the NPZ file of a set."""
    arrays: dict[str, NDArray] = {
        "potential_kj_mol": progress.potential,
        "temperature_k": progress.temperature,
        "time_ps": np.arange(1, progress.frames + 1) * float(config.frame_ps),
    }
    if progress.ladder is not None:
        arrays["ladder_k"] = progress.ladder.temperatures
        arrays["exchanges_attempted"] = progress.ladder.attempted
        arrays["exchanges_accepted"] = progress.ladder.accepted
    return arrays


def _checkpoint(progress: Progress, sizes: Sequence[int]) -> dict[str, NDArray]:
    ladder, replicas = progress.ladder, progress.replicas
    none = np.zeros(0, dtype=np.int64)
    return {
        "frames": np.array(progress.frames),
        "xtc_bytes": np.array(sizes, dtype=np.int64),
        "positions": np.array([replica.positions for replica in replicas]),
        "velocities": np.array([replica.velocities for replica in replicas]),
        "potential": np.array([replica.potential for replica in replicas]),
        "temperature": np.array([replica.temperature for replica in replicas]),
        "rung": none if ladder is None else ladder.rung,
        "attempted": none if ladder is None else ladder.attempted,
        "accepted": none if ladder is None else ladder.accepted,
    }


def _save(path: Path, arrays: Mapping[str, NDArray]) -> None:
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _encode(frames: Sequence[NDArray[np.float64]], done: int, frame_ps: int, folder: Path) -> bytes:
    """Return frames as the bytes of an XTC file, in which each frame stands alone."""
    from mdtraj.formats import XTCTrajectoryFile

    number = done + 1 + np.arange(len(frames))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".confdiff-") as temporary:
        path = Path(temporary) / "frames.xtc"
        with XTCTrajectoryFile(str(path), "w") as file:
            file.write(
                np.array(frames, dtype=np.float32),
                time=(number * frame_ps).astype(np.float32),
                step=number.astype(np.int32),
            )
        return path.read_bytes()


def _lock(path: Path) -> FileIO:
    """Lock a file until it is closed, where the file system supports it.

    Raises
    ------
    OutputError
        If another process has the lock.
    """
    with output_errors(path):
        file = path.open("r+b", buffering=0)
    try:
        import fcntl
    except ImportError:  # Windows
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise OutputError(
            f"Another process is running the simulation in {path.parent}. Wait until it has "
            "finished, or stop it."
        ) from None
    except OSError:
        pass
    return file
