"""Readers of ensembles from structure files, trajectories, arrays and folders of these.

Long trajectories are streamed, and the backbone atoms of a limited number of evenly spaced frames
are kept. The length of a file is not known in advance: whenever the limit is reached, the spacing
doubles and every second frame is discarded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..geometry.structure import StructureError
from .array_files import read_positions, read_temperature
from .backbone_atoms import BackboneAtoms
from .chain_geometry import chain_bonds, find_broken_bonds, require_fitting_topology
from .ensemble_data import EnsembleData, checked
from .file_formats import (
    ARRAYS,
    ENSEMBLES,
    STRUCTURES,
    TIMED_TRAJECTORIES,
    TOPOLOGIES,
    TRAJECTORIES,
    file_ending,
    file_stem,
    visible_files,
)
from .frame_times import analyse_times
from .structure_files import read_structure
from .trajectory_files import iterate_frames, topology_of_trajectory

MAX_FRAMES = 100_000
"""Default for the largest number of frames of a trajectory that are kept."""
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
        Multi-model PDB, mmCIF or GRO; XTC, DCD, TRR, NetCDF or HDF5; NPZ of this package, of
        BioEmu, or with ``ca`` (N, L, 3) or ``backbone`` (N, L, 4, 3) in Å and ``sequence``; or a
        folder of structure files, of AlphaFold 3 output, or with a trajectory and its topology.
        Chains that are wrapped over the periodic box are made whole.
    topology : path, optional
        Structure, PRMTOP or PSF file with the same atoms, for XTC, DCD, ... By default,
        NAME-topology.pdb, NAME.pdb or topology.pdb (or with another ending) next to it.
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
    if not (path.is_file() or path.is_dir()):
        raise StructureError(f"No such file: {path}. Check the path.")
    name = name or (path.name if path.is_dir() else file_stem(path))
    ending = file_ending(path)
    if path.is_dir():
        found = _read_folder(path, sequence, max_frames, progress)
    elif ending in ARRAYS:
        found = _read_arrays(path)
    elif ending in STRUCTURES:
        found = _read_structures([path], sequence, progress)
    elif ending in TRAJECTORIES:
        found = _read_trajectory(path, topology, sequence, max_frames, progress)
    else:
        raise StructureError(
            f"{path.name} has an unknown file format. Use one of {', '.join(ENSEMBLES)}, or a "
            "folder of these."
        )
    found = checked(replace(found, name=name))
    return found if sequence is None else found.of_protein(sequence)


# --- folders --------------------------------------------------------------------------------------


def _read_folder(
    folder: Path, sequence: str | None, max_frames: int, progress: Progress
) -> EnsembleData:
    files = sorted(visible_files(folder), key=_natural_order)
    samples = (p for p in folder.glob("seed-*_sample-*/*model.cif") if p.name[0] != ".")
    alphafold = sorted(samples, key=_natural_order)
    if alphafold:  # the file in the folder itself is a copy of the best of these
        return _read_structures(alphafold, sequence, progress)
    trajectories = [p for p in files if file_ending(p) in TRAJECTORIES]
    structures = [p for p in files if file_ending(p) in STRUCTURES]
    if len(trajectories) == 1:
        only = [p for p in files if file_ending(p) in (*STRUCTURES, *TOPOLOGIES)]
        topology = only[0] if len(only) == 1 else None
        return _read_trajectory(trajectories[0], topology, sequence, max_frames, progress)
    if trajectories:
        raise StructureError(
            f"{folder} contains {len(trajectories)} trajectories. Give one of them, or each as a "
            "separate ensemble."
        )
    if not structures:
        raise StructureError(
            f"{folder} contains no structure files. Give a folder with files in "
            f"{', '.join(STRUCTURES)}."
        )
    return _read_structures(structures, sequence, progress)


def _read_structures(
    files: Sequence[Path], sequence: str | None, progress: Progress
) -> EnsembleData:
    """Read structure files with one or several models each as one ensemble."""
    parts: list[EnsembleData] = []
    for file in files:
        frames = read_structure(file)
        selected = BackboneAtoms(frames.topology, str(file), sequence)
        positions = selected.collect(frames.atom_slice(selected.atoms))
        part = selected.data(positions)
        broken = selected.broken_bonds(positions).describe()
        if broken:
            where = f"{file.name}: " if len(files) > 1 else ""
            part = replace(part, notes=(*part.notes, where + broken))
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


# --- trajectories -------------------------------------------------------------------------------


def _read_trajectory(
    path: Path,
    topology: str | Path | None,
    sequence: str | None,
    max_frames: int,
    progress: Progress,
) -> EnsembleData:
    known = topology_of_trajectory(path, topology)
    selected = BackboneAtoms(known, str(topology or path), sequence)
    thinned = _ThinnedFrames(max_frames)
    times: list[NDArray[np.float32]] = []
    for part in iterate_frames(path, known, selected.atoms):
        thinned.add(selected.collect(part))
        times.append(part.time)
        progress(thinned.n_read)
    backbones = thinned.frames()
    broken = selected.broken_bonds(backbones)
    require_fitting_topology(broken, str(path))
    notes = []
    if thinned.spacing > 1:
        notes.append(
            f"every {thinned.spacing}th of {thinned.n_read:,} frames".replace(",", "\u202f")
        )
    if broken.describe():
        notes.append(broken.describe())
    found = replace(selected.data(backbones), thinning=thinned.spacing)
    if file_ending(path) in TIMED_TRAJECTORIES:
        timed = analyse_times(np.concatenate(times))
        pieces = timed.piece[:: thinned.spacing]
        n_pieces = int(pieces[-1]) + 1
        if n_pieces > 1:
            notes.append(f"{n_pieces} continuous pieces, because its times restart or jump")
        if timed.uneven:
            notes.append(timed.uneven)
        found = replace(
            found,
            frame_ps=None if timed.frame_ps is None else timed.frame_ps * thinned.spacing,
            uneven_times=timed.uneven,
            pieces=pieces if n_pieces > 1 else None,
        )
    return replace(found, notes=(*found.notes, *notes))


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
    sequence, kind, positions = read_positions(path)
    ca = positions if kind == "ca" else positions[:, :, 1]
    backbone = None if kind == "ca" else positions[:, :, :4]
    residues = [f"{letter}{i}" for i, letter in enumerate(sequence, start=1)]
    bonds = chain_bonds(residues, 1 if backbone is None else 4)
    broken = find_broken_bonds(ca if backbone is None else backbone, bonds).describe()
    return EnsembleData(
        "",
        sequence,
        ca,
        backbone,
        temperature=read_temperature(path),
        notes=(broken,) if broken else (),
    )


def _natural_order(path: Path) -> list[tuple[int, str]]:
    """Return a sort key that places sample_10 after sample_9."""
    parts: Iterator[str] = iter(re.split(r"(\d+)", str(path)))
    return [(int(p), "") if p.isdigit() else (-1, p) for p in parts]
