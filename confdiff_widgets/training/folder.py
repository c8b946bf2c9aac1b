"""Training data from a folder of trajectories or structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..ensembles.file_formats import (
    STRUCTURES,
    TOPOLOGIES,
    TRAJECTORIES,
    file_ending,
    file_stem,
    visible_files,
)
from ..ensembles.heavy_atoms import load_atom14
from ..errors import SettingsError
from .conformers import Conformers, read_conformers


@dataclass(frozen=True)
class FileSet:
    """Files of one protein, each of which is a separate trajectory.

    Attributes
    ----------
    name : str
    files : tuple of paths
    topology : path, optional
    skip : int
        Number of frames to leave out at the start of each file.
    probability : float
        Relative frequency with which the protein is drawn.
    """

    name: str
    files: tuple[Path, ...]
    topology: Path | None = None
    skip: int = 0
    probability: float = 1.0

    def read(self, folder: Path) -> Conformers:
        """Read the files."""
        del folder  # the paths are absolute
        return read_conformers(self.name, self.files, self.topology, skip=self.skip)


def find_proteins(
    folder: Path, name: str, *, topology: Path | None = None, skip: int = 0
) -> list[FileSet]:
    """Find the training data in a folder.

    The topology of trajectories is ``topology``, a file ``topology.pdb``, or the only structure or
    topology in the folder. Without trajectories, structures of one or more models are grouped by
    sequence, and each sequence is one protein.

    Raises
    ------
    SettingsError
        If the folder holds no training data, or the topology is ambiguous.
    StructureError
        If a structure cannot be read.
    """
    files = visible_files(folder)
    trajectories = [path for path in files if file_ending(path) in TRAJECTORIES]
    structures = [path for path in files if file_ending(path) in STRUCTURES]
    if trajectories:
        topologies = [path for path in files if file_ending(path) in TOPOLOGIES]
        topology = topology or _topology(folder, structures + topologies)
        return [FileSet(name, tuple(trajectories), topology, skip)]
    if not structures:
        endings = ", ".join((*TRAJECTORIES, *STRUCTURES))
        raise SettingsError(
            f"{folder} holds no trajectories and no structures. Give a folder with files that end "
            f"in {endings}."
        )
    return _by_sequence(structures, name)


def _topology(folder: Path, structures: Sequence[Path]) -> Path:
    named = [path for path in structures if file_stem(path) == "topology"]
    if len(named or structures) != 1:
        raise SettingsError(
            f"{folder} holds {len(structures)} structures next to its trajectories. Choose their "
            "topology with --topology."
        )
    return (named or structures)[0]


def _by_sequence(structures: Sequence[Path], name: str) -> list[FileSet]:
    groups: dict[str, list[Path]] = {}
    for path in structures:
        groups.setdefault(load_atom14(path).sequence, []).append(path)
    if len(groups) == 1:
        return [FileSet(name, tuple(structures))]
    return [FileSet(file_stem(files[0]), tuple(files)) for files in groups.values()]
