"""Ensembles as methods write them: structure files, trajectories, arrays, folders of these.

Long trajectories stream: what is kept are the backbone atoms of at most so many frames, evenly
spaced. A file has no end that is known beforehand, so the spacing doubles whenever the room is
full, and every second frame kept so far is let go.
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
from .ensemble import topology_beside
from .ensemble_data import EnsembleData, checked

if TYPE_CHECKING:
    import mdtraj

STRUCTURES = (".pdb", ".ent", ".cif", ".mmcif", ".pdb.gz", ".cif.gz")
TRAJECTORIES = (".xtc", ".dcd", ".trr", ".nc", ".netcdf", ".h5")
TIMED = (".xtc", ".trr", ".nc", ".netcdf", ".h5")
"""Formats that hold the time of each frame."""
MOST_FRAMES = 100_000
CHUNK = 1000

Report = Callable[[int], object]
"""Called with the number of frames read so far."""


def read_ensemble(
    path: str | Path,
    *,
    topology: str | Path | None = None,
    sequence: str | None = None,
    name: str | None = None,
    most_frames: int = MOST_FRAMES,
    report: Report = lambda _: None,
) -> EnsembleData:
    """The conformers of a file or a folder.

    Parameters
    ----------
    path : path
        Multi-model PDB or mmCIF; XTC, DCD, TRR, NetCDF or HDF5; NPZ of this package, with ``ca``
        (N, L, 3) or ``backbone`` (N, L, 4, 3) in Å and ``sequence``, or of BioEmu; a folder of
        PDB or mmCIF files, of AlphaFold 3, or with a trajectory and its topology.
    topology : path, optional
        For XTC, DCD, ...: a structure file of the same atoms. Without it NAME-topology.pdb,
        NAME.pdb and topology.pdb beside the trajectory are tried.
    sequence : str, optional
        Of the protein: its chain is read, cut to its residues, and may lack some or have others in
        their place, which notes say. Another sequence is refused.
    name : str, optional
        Default: the file's.
    most_frames : int
        Of longer trajectories evenly spaced frames are kept.
    report : callable

    Raises
    ------
    StructureError
        What cannot be read, is empty, lacks CA atoms, has NaN or another sequence.
    """
    path = Path(path)
    if not path.exists():
        raise StructureError(f"No such file: {path}")
    name = name or (path.name if path.is_dir() else path.name.removesuffix(path.suffix))
    suffix = _suffix(path)
    if path.is_dir():
        found = _folder(path, sequence, most_frames, report)
    elif suffix == ".npz":
        found = _arrays(path)
    elif suffix in STRUCTURES:
        found = _structures([path], sequence, report)
    elif suffix in TRAJECTORIES:
        found = _stream(path, _topology_file(path, topology), sequence, most_frames, report)
    else:
        raise StructureError(
            f"{path.name}: unknown kind of file. Known: {', '.join(STRUCTURES)}, "
            f"{', '.join(TRAJECTORIES)}, .npz, and folders of these."
        )
    found = checked(replace(found, name=name))
    return found if sequence is None else found.of_protein(sequence)


# --- folders --------------------------------------------------------------------------------------


def _folder(folder: Path, sequence: str | None, most: int, report: Report) -> EnsembleData:
    files = sorted((p for p in folder.iterdir() if p.is_file()), key=_natural)
    alphafold = sorted(folder.glob("seed-*_sample-*/*model.cif"), key=_natural)
    if alphafold:  # the file on top repeats the best of them
        return _structures(alphafold, sequence, report)
    trajectories = [p for p in files if _suffix(p) in TRAJECTORIES]
    structures = [p for p in files if _suffix(p) in STRUCTURES]
    if len(trajectories) == 1:
        beside = structures[0] if len(structures) == 1 else None
        return _stream(
            trajectories[0], _topology_file(trajectories[0], beside), sequence, most, report
        )
    if trajectories:
        raise StructureError(
            f"{folder} holds {len(trajectories)} trajectories: name the one that is meant, or give "
            "each as an ensemble of its own."
        )
    if not structures:
        raise StructureError(f"{folder} holds no structure files ({', '.join(STRUCTURES)}).")
    return _structures(structures, sequence, report)


def _structures(files: Sequence[Path], sequence: str | None, report: Report) -> EnsembleData:
    """Structure files, each with one model or more, as one ensemble."""
    parts: list[EnsembleData] = []
    for file in files:
        trajectory = _loaded(file)
        chosen = BackboneAtoms(trajectory.topology, str(file), sequence)
        part = chosen.data(trajectory.xyz[:, chosen.atoms])
        if sequence is not None:
            part = replace(part, name=file.name).of_protein(sequence)
        if parts and part.sequence != parts[0].sequence:
            raise StructureError(
                f"{file.name} has the sequence {part.sequence}, {files[0].name} "
                f"{parts[0].sequence}: a folder must hold one protein."
            )
        parts.append(part)
        report(sum(map(len, parts)))
    backbones = [part.backbone for part in parts]
    whole = [b for b in backbones if b is not None]
    return replace(
        parts[0],
        ca=np.concatenate([part.ca for part in parts]),
        backbone=np.concatenate(whole) if len(whole) == len(parts) else None,
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _loaded(file: Path) -> mdtraj.Trajectory:
    import mdtraj

    with _told(file, "The file is empty, damaged, or not of the format that its name says."):
        found = mdtraj.load(str(file))
    if not len(found):
        raise StructureError(f"{file} holds no frames.")
    return found


# --- trajectories -------------------------------------------------------------------------------


def _stream(
    path: Path, topology: Path | None, sequence: str | None, most: int, report: Report
) -> EnsembleData:
    import mdtraj

    if topology is None and _suffix(path) != ".h5":
        raise StructureError(
            f"{path} has no topology: give a structure file of the same atoms, or call one "
            f"{topology_beside(path).name} and put it beside it."
        )
    source = path if topology is None else topology
    with _told(source, "It should be a structure file (PDB or mmCIF)."):
        known = mdtraj.load_frame(str(path), 0).topology if topology is None else (
            mdtraj.load(str(topology)).topology)  # fmt: skip
    chosen = BackboneAtoms(known, str(source), sequence)
    options = {} if topology is None else {"top": known}
    kept = _Thinned(most)
    times: list[float] = []
    hint = "Is it damaged, or the topology of another system?"
    with _told(path, hint):
        mdtraj.load_frame(str(path), 0, **options)  # all atoms: are there as many as named?
        for part in mdtraj.iterload(str(path), chunk=CHUNK, atom_indices=chosen.atoms, **options):
            if len(times) < 2:
                times += part.time[:2].tolist()
            kept.add(part.xyz)
            report(kept.seen)
    if not kept.seen:
        raise StructureError(f"{path} holds no frames.")
    found = chosen.data(kept.frames())
    if kept.every > 1:
        note = f"every {kept.every}th of {kept.seen:,} frames".replace(",", "\u202f")
        found = replace(found, notes=(*found.notes, note))
    if _suffix(path) in TIMED and len(times) > 1 and times[1] > times[0]:
        found = replace(found, frame_ps=float(times[1] - times[0]) * kept.every)
    return found


def topology_of_its_own(path: Path) -> Path | None:
    """The topology beside a trajectory: NAME-topology.pdb, NAME.pdb or topology.pdb."""
    tried = (topology_beside(path), path.with_suffix(".pdb"), path.with_name("topology.pdb"))
    return next((file for file in tried if file.is_file()), None)


def _topology_file(path: Path, given: str | Path | None) -> Path | None:
    if given is None:
        return topology_of_its_own(path)
    if not Path(given).is_file():
        raise StructureError(f"No such file: {given}")
    return Path(given)


class _Thinned:
    """Evenly spaced frames of a stream, at most so many."""

    def __init__(self, most: int):
        if most < 2:
            raise StructureError(f"most_frames is {most}: two at least.")
        self.most, self.every, self.seen = most, 1, 0
        self._kept: list[NDArray[np.float32]] = []
        self._count = 0

    def add(self, frames: NDArray[np.float32]) -> None:
        first = -self.seen % self.every
        new = frames[first :: self.every]
        self.seen += len(frames)
        self._kept.append(np.array(new, dtype=np.float32))
        self._count += len(new)
        while self._count > self.most:
            self.every *= 2
            self._kept = [self.frames()[::2].copy()]
            self._count = len(self._kept[0])

    def frames(self) -> NDArray[np.float32]:
        return np.concatenate(self._kept)


# --- arrays -------------------------------------------------------------------------------------


def _arrays(path: Path) -> EnsembleData:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise StructureError(f"Cannot read {path}: {error}. It is no NPZ, or damaged.") from error
    if "sequence" not in arrays:
        raise StructureError(f"{path} has no array `sequence`: store the one-letter sequence.")
    sequence = str(arrays["sequence"])
    length = len(sequence)
    for key, shape in (("atom14", (14, 3)), ("backbone", (4, 3)), ("ca", (3,)), ("pos", (3,))):
        if key not in arrays:
            continue
        found = np.asarray(arrays[key], dtype=np.float32)
        if found.shape[1:] != (length, *shape) or not len(found):
            wanted = ", ".join(map(str, (length, *shape)))
            raise StructureError(
                f"{path}: `{key}` has shape {found.shape}, expected (N, {wanted}) for the "
                f"{length} residues of its sequence."
            )
        if key == "pos":  # BioEmu's, in nm, beside its node_orientations
            return EnsembleData("", sequence, found * np.float32(ANGSTROM_PER_NM))
        if key == "ca":
            return EnsembleData("", sequence, found)
        return EnsembleData("", sequence, found[:, :, 1], found[:, :, :4])
    raise StructureError(
        f"{path} has the arrays {', '.join(arrays)}; needed is `ca` (N, L, 3) or `backbone` "
        "(N, L, 4, 3), in Å."
    )


# --- inside -------------------------------------------------------------------------------------


@contextmanager
def _told(file: Path, hint: str) -> Iterator[None]:
    """Errors of mdtraj's readers as one message with a hint."""
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


def _suffix(path: Path) -> str:
    """In lower case; of NAME.pdb.gz both."""
    endings = [ending.lower() for ending in path.suffixes]
    return "".join(endings[-2:]) if endings[-1:] == [".gz"] else "".join(endings[-1:])


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sorts sample_10 behind sample_9."""
    parts: Iterator[str] = iter(re.split(r"(\d+)", str(path)))
    return [(int(p), "") if p.isdigit() else (-1, p) for p in parts]
