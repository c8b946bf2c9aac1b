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
from functools import partial
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
    check_folder,
    make_folder,
    output_errors,
    write_files,
)
from ...ranges import shown
from .config import DynamicsConfig
from .state import CHECKPOINT_ARRAYS, SimulationState, checkpoint, energies, restore

SETTINGS, TOPOLOGY, SYSTEM, CHECKPOINT = "md.json", "topology.pdb", "system.xml", "md.checkpoint"

MISSING = "(none)"
"""A setting that one of two runs does not have."""


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
        if folder.exists():
            check_folder(folder)
        if self._settings_file.exists():
            self._lock = _lock(self._settings_file)
        try:
            self._check()
        except OutputError:
            self.__exit__()
            raise

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
        """XTC file of a replica; the order of the names is that of the replicas."""
        digits = max(2, len(str(self.config.replicas - 1)))
        return self.folder / f"{self.config.tag}_{replica:0{digits}d}.xtc"

    def create(self, pdb: str, system: str) -> None:
        """Create the folder with its settings, the topology and the OpenMM System."""
        make_folder(self.folder)
        text = json.dumps(self._settings, indent=1, ensure_ascii=False) + "\n"
        contents = {TOPOLOGY: pdb, SYSTEM: system, SETTINGS: text}
        write_files(
            {
                self.folder / name: partial(Path.write_text, data=content, encoding="utf-8")
                for name, content in contents.items()
            }
        )
        self._lock = _lock(self._settings_file)

    def load(self) -> SimulationState | None:
        """Return the simulation at its checkpoint; None if there is none.

        Raises
        ------
        OutputError
            If a file is damaged or missing.
        """
        if not (self.folder / CHECKPOINT).exists():
            return None
        try:
            stored = read_arrays(self.folder / CHECKPOINT, CHECKPOINT_ARRAYS)
            state = self._restore(stored)
            if not self.system_file.exists() or not (self.folder / TOPOLOGY).exists():
                raise FormatError(f"{TOPOLOGY} or {SYSTEM} is missing")
        except (OSError, FormatError) as error:
            raise OutputError(
                f"The simulation in {self.folder} cannot be resumed: {error}. Restore the files, "
                "or choose another folder (--out)."
            ) from error
        return state

    def save(self, state: SimulationState, frames: Sequence[Sequence[NDArray[np.float64]]]) -> None:
        """Append frames and write a checkpoint.

        Parameters
        ----------
        state : SimulationState
            After these frames.
        frames : sequence of R sequences of arrays (A, 3)
            New frames of each replica, nm.

        Raises
        ------
        OutputError
            If a file cannot be written; the simulation stays as it was.
        """
        done = state.frames - len(frames[0])
        advice = (
            f"{done} of {self.config.frames} frames are kept; run the same command again to resume."
        )
        try:
            sizes = [self._append(k, part, done, advice) for k, part in enumerate(frames)]
            write_files(
                {self.energies_file: lambda file: _save(file, energies(state, self.config))},
                advice,
            )
            stored = checkpoint(state, sizes)
            write_files({self.folder / CHECKPOINT: lambda file: _save(file, stored)}, advice)
        except BaseException:
            self._truncate()
            raise
        self._sizes = np.array(sizes, dtype=np.int64)

    def _restore(self, stored: Mapping[str, NDArray]) -> SimulationState:
        """Check a checkpoint against the other files, and cut the trajectories to it."""
        config, frames = self.config, int(stored["frames"])
        if len(stored["xtc_bytes"]) != config.replicas or not 0 <= frames <= config.frames:
            raise FormatError(f"{CHECKPOINT} is of another simulation")
        shapes = {"potential_kj_mol": Array("f", ("replica", "frame")),
                  "temperature_k": Array("f", ("replica", "frame"))}  # fmt: skip
        written = read_arrays(self.energies_file, shapes)
        potential, kelvin = written["potential_kj_mol"], written["temperature_k"]
        if len(potential) != config.replicas or potential.shape[1] < frames:
            raise FormatError(f"{self.energies_file.name} has fewer energies than {CHECKPOINT}")
        self._sizes = stored["xtc_bytes"].astype(np.int64)
        for k, size in enumerate(self._sizes):
            path = self.trajectory(k)
            if (path.stat().st_size if path.exists() else 0) < size:
                raise FormatError(f"{path.name} is shorter than at the last checkpoint")
        state = restore(stored, config, potential[:, :frames], kelvin[:, :frames])
        self._truncate()
        return state

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
