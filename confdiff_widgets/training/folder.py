"""Training data from a folder of trajectories or structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..ensembles.file_formats import STRUCTURES, TRAJECTORIES
from ..errors import SettingsError
from ..geometry.structure import load_atom14
from .conformers import Conformers, read_conformers


@dataclass(frozen=True)
class FileSet:
    """Files of one protein, each a separate trajectory.

    Attributes
    ----------
    name : str
    files : tuple of paths
    topology : path, optional
    skip : int
        Frames left out at the start of each file.
    probability : float
        How often the protein is drawn, relative to the others.
    """

    name: str
    files: tuple[Path, ...]
    topology: Path | None = None
    skip: int = 0
    probability: float = 1.0

    def read(self, folder: Path) -> Conformers:
        """Read the files."""
        del folder  # they are absolute
        return read_conformers(self.name, self.files, self.topology, skip=self.skip)


def find_proteins(
    folder: Path, name: str, *, topology: Path | None = None, skip: int = 0
) -> list[FileSet]:
    """Find the training data in a folder.

    Trajectories go with ``topology``, with a ``topology.pdb`` or with the only structure in the
    folder. Without trajectories, structures (PDB, mmCIF, also of many models) are grouped by their
    sequence, and each sequence is a protein.

    Raises
    ------
    SettingsError
        For a folder with nothing to learn from, or without a clear topology.
    StructureError
        For a structure that cannot be read.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file())
    trajectories = [path for path in files if path.suffix.lower() in TRAJECTORIES]
    structures = [path for path in files if path.suffix.lower() in STRUCTURES]
    if trajectories:
        topology = topology or _topology(folder, structures)
        return [FileSet(name, tuple(trajectories), topology, skip)]
    if not structures:
        endings = ", ".join((*TRAJECTORIES, *STRUCTURES))
        raise SettingsError(f"{folder} holds no trajectories and no structures ({endings}).")
    return _by_sequence(structures, name)


def _topology(folder: Path, structures: Sequence[Path]) -> Path:
    named = [path for path in structures if path.stem == "topology"]
    if len(named or structures) != 1:
        raise SettingsError(
            f"{folder} holds {len(structures)} structures beside its trajectories: say which is "
            "their topology with --topology."
        )
    return (named or structures)[0]


def _by_sequence(structures: Sequence[Path], name: str) -> list[FileSet]:
    groups: dict[str, list[Path]] = {}
    for path in structures:
        groups.setdefault(load_atom14(path).sequence, []).append(path)
    if len(groups) == 1:
        return [FileSet(name, tuple(structures))]
    return [FileSet(files[0].stem, tuple(files)) for files in groups.values()]
