"""Readers of ensembles from structure files, trajectories, arrays and folders of these.

Long trajectories are streamed, and the backbone atoms of a limited number of evenly spaced frames
are kept. The length of a file is not known in advance: whenever the limit is reached, the spacing
doubles and every second frame is discarded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ..geometry.structure import ANGSTROM_PER_NM, StructureError
from .backbone_atoms import BackboneAtoms
from .ensemble_data import EnsembleData, checked
from .file_formats import (
    ENSEMBLE_STRUCTURES,
    ENSEMBLE_TRAJECTORIES,
    TIMED_TRAJECTORIES,
    file_ending,
    find_topology,
    topology_path,
)

if TYPE_CHECKING:
    import mdtraj

MAX_FRAMES = 100_000
"""Default for the largest number of frames of a trajectory that are kept."""
CHUNK = 1000
"""Frames that are read at a time."""

Progress = Callable[[int], object]
"""Called with the number of frames read so far."""


def read_ensemble(
    path: str | Path,
    *,
    topology: str | Path | None = None,
    sequence: str | None = None,
    name: str | None = None,
    max_frames: int = MAX_FRAMES,
    progress: Progress = lambda _: None,
) -> EnsembleData:
    """Read the conformers of a file or a folder.

    Parameters
    ----------
    path : path
        Multi-model PDB or mmCIF; XTC, DCD, TRR, NetCDF or HDF5; NPZ of this package, of BioEmu, or
        with ``ca`` (N, L, 3) or ``backbone`` (N, L, 4, 3) in Å and ``sequence``; or a folder of
        PDB or mmCIF files, of AlphaFold 3 output, or with a trajectory and its topology.
    topology : path, optional
        Structure file with the same atoms, for XTC, DCD, ... By default, NAME-topology.pdb,
        NAME.pdb or topology.pdb in the folder of the trajectory.
    sequence : str, optional
        Sequence of the protein. Its chain is selected and cut to its residues; missing and
        exchanged residues are listed in the notes. Other sequences are rejected.
    name : str, optional
        Default: the name of the file.
    max_frames : int
        Largest number of frames; longer trajectories are thinned evenly.
    progress : callable
        Called with the number of frames read so far.

    Raises
    ------
    StructureError
        If the file cannot be read, is empty, lacks CA atoms, has NaN, or has another sequence.
    """
    path = Path(path)
    if not path.exists():
        raise StructureError(f"No such file: {path}. Check the path.")
    name = name or (path.name if path.is_dir() else path.name.removesuffix(path.suffix))
    ending = file_ending(path)
    if path.is_dir():
        found = _read_folder(path, sequence, max_frames, progress)
    elif ending == ".npz":
        found = _read_arrays(path)
    elif ending in ENSEMBLE_STRUCTURES:
        found = _read_structures([path], sequence, progress)
    elif ending in ENSEMBLE_TRAJECTORIES:
        found = _read_trajectory(
            path, _topology_file(path, topology), sequence, max_frames, progress
        )
    else:
        raise StructureError(
            f"{path.name} has an unknown file format. Use one of {', '.join(ENSEMBLE_STRUCTURES)}, "
            f"{', '.join(ENSEMBLE_TRAJECTORIES)}, .npz, or a folder of these."
        )
    found = checked(replace(found, name=name))
    return found if sequence is None else found.of_protein(sequence)


# --- folders --------------------------------------------------------------------------------------


def _read_folder(
    folder: Path, sequence: str | None, max_frames: int, progress: Progress
) -> EnsembleData:
    files = sorted((p for p in folder.iterdir() if p.is_file()), key=_natural_order)
    alphafold = sorted(folder.glob("seed-*_sample-*/*model.cif"), key=_natural_order)
    if alphafold:  # the file in the folder itself is a copy of the best of these
        return _read_structures(alphafold, sequence, progress)
    trajectories = [p for p in files if file_ending(p) in ENSEMBLE_TRAJECTORIES]
    structures = [p for p in files if file_ending(p) in ENSEMBLE_STRUCTURES]
    if len(trajectories) == 1:
        only = structures[0] if len(structures) == 1 else None
        topology = _topology_file(trajectories[0], only)
        return _read_trajectory(trajectories[0], topology, sequence, max_frames, progress)
    if trajectories:
        raise StructureError(
            f"{folder} contains {len(trajectories)} trajectories. Give one of them, or each as a "
            "separate ensemble."
        )
    if not structures:
        raise StructureError(
            f"{folder} contains no structure files. Give a folder with files in "
            f"{', '.join(ENSEMBLE_STRUCTURES)}."
        )
    return _read_structures(structures, sequence, progress)


def _read_structures(
    files: Sequence[Path], sequence: str | None, progress: Progress
) -> EnsembleData:
    """Read structure files with one or several models each as one ensemble."""
    parts: list[EnsembleData] = []
    for file in files:
        trajectory = _load(file)
        selected = BackboneAtoms(trajectory.topology, str(file), sequence)
        part = selected.data(trajectory.xyz[:, selected.atoms])
        if sequence is not None:
            part = replace(part, name=file.name).of_protein(sequence)
        if parts and part.sequence != parts[0].sequence:
            raise StructureError(
                f"{file.name} has the sequence {part.sequence}, {files[0].name} "
                f"{parts[0].sequence}. Keep one protein in a folder."
            )
        parts.append(part)
        progress(sum(map(len, parts)))
    backbones = [part.backbone for part in parts]
    complete = [b for b in backbones if b is not None]
    return replace(
        parts[0],
        ca=np.concatenate([part.ca for part in parts]),
        backbone=np.concatenate(complete) if len(complete) == len(parts) else None,
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _load(file: Path) -> mdtraj.Trajectory:
    import mdtraj

    with _read_errors(file, "The file is empty, damaged, or in another format than its ending."):
        found = mdtraj.load(str(file))
    if not len(found):
        raise StructureError(f"{file} contains no frames. Give a file with at least one.")
    return found


# --- trajectories -------------------------------------------------------------------------------


def _read_trajectory(
    path: Path, topology: Path | None, sequence: str | None, max_frames: int, progress: Progress
) -> EnsembleData:
    import mdtraj

    if topology is None and file_ending(path) != ".h5":
        raise StructureError(
            f"{path} has no topology. Give a structure file with the same atoms, or place it next "
            f"to the trajectory as {topology_path(path).name}."
        )
    source = path if topology is None else topology
    with _read_errors(source, "Give a structure file (PDB or mmCIF) as the topology."):
        known = mdtraj.load_frame(str(path), 0).topology if topology is None else (
            mdtraj.load(str(topology)).topology)  # fmt: skip
    selected = BackboneAtoms(known, str(source), sequence)
    options = {} if topology is None else {"top": known}
    thinned = _ThinnedFrames(max_frames)
    times: list[float] = []
    hint = "It may be damaged, or the topology may be that of another system."
    with _read_errors(path, hint):
        mdtraj.load_frame(str(path), 0, **options)  # with all atoms, which checks their number
        for part in mdtraj.iterload(str(path), chunk=CHUNK, atom_indices=selected.atoms, **options):
            if len(times) < 2:
                times += part.time[:2].tolist()
            thinned.add(part.xyz)
            progress(thinned.n_read)
    if not thinned.n_read:
        raise StructureError(f"{path} contains no frames. Give a file with at least one.")
    found = selected.data(thinned.frames())
    if thinned.spacing > 1:
        note = f"every {thinned.spacing}th of {thinned.n_read:,} frames".replace(",", "\u202f")
        found = replace(found, notes=(*found.notes, note))
    if file_ending(path) in TIMED_TRAJECTORIES and len(times) > 1 and times[1] > times[0]:
        found = replace(found, frame_ps=float(times[1] - times[0]) * thinned.spacing)
    return found


def _topology_file(path: Path, given: str | Path | None) -> Path | None:
    if given is None:
        return find_topology(path)
    if not Path(given).is_file():
        raise StructureError(f"No such file: {given}. Check the path of the topology.")
    return Path(given)


class _ThinnedFrames:
    """Evenly spaced frames of a stream, up to a maximum number."""

    def __init__(self, max_frames: int):
        if max_frames < 2:
            raise StructureError(f"max_frames is {max_frames}. It must be at least 2.")
        self.max_frames, self.spacing, self.n_read = max_frames, 1, 0
        self._kept: list[NDArray[np.float32]] = []
        self._count = 0

    def add(self, frames: NDArray[np.float32]) -> None:
        first = -self.n_read % self.spacing
        new = frames[first :: self.spacing]
        self.n_read += len(frames)
        self._kept.append(np.array(new, dtype=np.float32))
        self._count += len(new)
        while self._count > self.max_frames:
            self.spacing *= 2
            self._kept = [self.frames()[::2].copy()]
            self._count = len(self._kept[0])

    def frames(self) -> NDArray[np.float32]:
        return np.concatenate(self._kept)


# --- arrays -------------------------------------------------------------------------------------


def _read_arrays(path: Path) -> EnsembleData:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise StructureError(
            f"Cannot read {path}: {error}. The file is damaged, or not an NPZ file."
        ) from error
    if "sequence" not in arrays:
        raise StructureError(f"{path} has no array `sequence`. Add the one-letter sequence.")
    sequence = str(arrays["sequence"])
    length = len(sequence)
    for key, shape in (("atom14", (14, 3)), ("backbone", (4, 3)), ("ca", (3,)), ("pos", (3,))):
        if key not in arrays:
            continue
        found = np.asarray(arrays[key], dtype=np.float32)
        if found.shape[1:] != (length, *shape) or not len(found):
            wanted = ", ".join(map(str, (length, *shape)))
            raise StructureError(
                f"{path}: `{key}` has shape {found.shape}. Expected (N, {wanted}) for the "
                f"{length} residues of its sequence."
            )
        if key == "pos":  # of BioEmu, in nm
            return EnsembleData("", sequence, found * np.float32(ANGSTROM_PER_NM))
        if key == "ca":
            return EnsembleData("", sequence, found)
        return EnsembleData("", sequence, found[:, :, 1], found[:, :, :4])
    raise StructureError(
        f"{path} has the arrays {', '.join(arrays)}. Store `ca` (N, L, 3) or `backbone` "
        "(N, L, 4, 3) in Å."
    )


# --- helpers ------------------------------------------------------------------------------------


@contextmanager
def _read_errors(file: Path, hint: str) -> Iterator[None]:
    """Raise errors of mdtraj's readers as a StructureError with a hint."""
    try:
        yield
    except StructureError:
        raise
    except ImportError as error:
        raise StructureError(
            f"Reading {file} needs a package that is not installed ({error.name}). Install it, or "
            "convert the file to PDB or XTC."
        ) from error
    except (OSError, ValueError, TypeError, LookupError, RuntimeError, EOFError) as error:
        raise StructureError(f"Cannot read {file}: {error}. {hint}") from error


def _natural_order(path: Path) -> list[tuple[int, str]]:
    """Return a sort key that places sample_10 after sample_9."""
    parts: Iterator[str] = iter(re.split(r"(\d+)", str(path)))
    return [(int(p), "") if p.isdigit() else (-1, p) for p in parts]
