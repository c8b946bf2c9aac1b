"""Training data from replica-exchange files of short peptides, one NPZ file per peptide."""

from __future__ import annotations

import glob
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ..ensembles.heavy_atoms import from_pdb_topology
from ..errors import SettingsError
from ..files.arrays import TEXT, Array, read_arrays
from ..geometry.structure import Atom14Trajectory
from .conformers import Conformers

ARRAYS = {
    "xyz_nm": Array("f", ("frames", "replicas", "atoms", 3), finite=True),
    "temperature_k": Array("f", ("frames", "replicas"), finite=True),
    "potential_kj_mol": Array("f", ("frames", "replicas"), finite=True),
    "pdb": TEXT,
}
"""Arrays of the file of a peptide."""


class ReplicaExchange(NamedTuple):
    """Replica-exchange simulation of a peptide."""

    atoms: Atom14Trajectory  # frames × replicas, replica index varies fastest
    kelvin: np.ndarray  # (frames, replicas)
    potential: np.ndarray  # (frames, replicas) kJ/mol


@dataclass(frozen=True)
class PeptideFile:
    """The file of one peptide.

    Attributes
    ----------
    path : path
    skip : int
        Number of frames to leave out at the start of each replica.
    probability : float
        Relative frequency with which the peptide is drawn.
    """

    path: Path
    skip: int
    probability: float

    @property
    def name(self) -> str:
        return self.path.stem

    def read(self, folder: Path) -> Conformers:
        """Read the frames after ``skip`` with their temperatures."""
        del folder  # the path is absolute
        found = read_replica_exchange(self.path, skip=self.skip)
        atoms = found.atoms
        frames, replicas = found.kelvin.shape
        conformers = Conformers.from_atom14(
            self.name,
            atoms.sequence,
            atoms.positions,
            atoms.mask,
            torch.arange(replicas).repeat(frames),
        )
        return conformers.at_temperatures(found.kelvin.ravel())


@dataclass(frozen=True)
class PeptideSet:
    """Peptide files of a recipe, the ``[[peptides]]`` table.

    Attributes
    ----------
    files : str
        Glob pattern, relative to the recipe.
    skip : int
        Number of frames to leave out at the start of each replica.
    exclude : sequence of str
        Patterns of file names to hold out.
    probability : float
        Relative frequency with which one of the peptides is drawn, shared equally between them.
    """

    files: str
    skip: int = 0
    exclude: Sequence[str] = ()
    probability: float = 1.0

    def __post_init__(self) -> None:
        if self.skip < 0:
            raise SettingsError(f"{self.files}: skip is {self.skip}. Give 0 frames or more.")
        if not 0 < self.probability < math.inf:
            raise SettingsError(
                f"{self.files}: probability is {self.probability}. Give a number above 0."
            )

    def find(self, folder: Path) -> list[PeptideFile]:
        """Return the files that are not held out, in the order of their names.

        Raises
        ------
        SettingsError
            If no file is left.
        """
        found = [
            Path(path).absolute()
            for path in sorted(glob.glob(str(folder / self.files)))
            if not any(fnmatch(Path(path).name, pattern) for pattern in self.exclude)
        ]
        if not found:
            raise SettingsError(
                f"No peptide file matches {folder / self.files}. Correct the path, or give --data."
            )
        return [PeptideFile(path, self.skip, self.probability / len(found)) for path in found]


def read_replica_exchange(path: Path, *, skip: int = 0) -> ReplicaExchange:
    """Read the replica exchange of a peptide.

    The file contains ``xyz_nm`` (frames, replicas, atoms, 3), ``temperature_k`` and
    ``potential_kj_mol`` (frames, replicas), and the topology ``pdb`` as PDB text.

    Parameters
    ----------
    skip : int
        Number of frames to leave out at the start of each replica.

    Raises
    ------
    SettingsError
        If the file is damaged, an array is missing or of another shape, or no frame is left.
    """
    try:
        arrays = read_arrays(path, ARRAYS)
        xyz, kelvin = arrays["xyz_nm"][skip:], arrays["temperature_k"][skip:]
        potential, pdb = arrays["potential_kj_mol"][skip:], str(arrays["pdb"])
        frames, replicas = kelvin.shape
        if not frames:
            raise SettingsError(f"{path} has no frames after the first {skip}. Lower skip.")
        atoms = from_pdb_topology(pdb, xyz.reshape(frames * replicas, *xyz.shape[2:]))
    except SettingsError:
        raise
    except (OSError, LookupError, ValueError, TypeError) as error:
        raise SettingsError(
            f"Cannot read the replica exchange {path}: {str(error).rstrip('.')}. Restore the file, "
            "or exclude it."
        ) from error
    return ReplicaExchange(atoms, kelvin, potential)
