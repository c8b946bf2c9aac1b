"""Conformers as PDB, mmCIF and XTC: files that nglview, PyMOL and ChimeraX read.

Without CONECT records, so that viewers take bonds from the residues; the B-factor column holds
how much each residue moves over the ensemble (RMSF of its CA in Å).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..geometry.kabsch import kabsch_transform
from ..geometry.structure import ANGSTROM_PER_NM

if TYPE_CHECKING:
    import mdtraj

FORMATS = (".pdb", ".cif", ".xtc", ".npz")

LARGEST_B = 99.99
"""What the column of a PDB file can hold."""

FARTHEST = 99_999.0
"""Å from the origin, along an axis, that a column of a PDB file holds, with decimals and sign."""

ROUNDS = 3
"""Of superposition on the mean, which is then steady to 1e-3 Å."""


class OutputError(UserError, OSError):
    """A result that cannot be written where it was asked for."""


def topology_beside(path: Path) -> Path:
    """Where the topology of a trajectory NAME.xtc lies: NAME-topology.pdb."""
    return path.with_name(f"{path.stem}-topology.pdb")


def check_output(path: str | Path) -> Path:
    """The path, if a result can be written there; asked before sampling, not after.

    Raises
    ------
    OutputError
        For an unknown ending, a missing folder or one without the right to write.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise OutputError(f"Cannot write {path.name}: end the name in {', '.join(FORMATS)}.")
    check_folder(path.parent)
    if path.is_dir():
        raise OutputError(f"{path} is a folder; give the name of a file.")
    return path


def check_folder(folder: Path) -> None:
    """Raise an OutputError if a folder is missing or cannot be written into."""
    if not folder.is_dir():
        raise OutputError(f"The folder {folder} does not exist. Make it first: mkdir -p {folder}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"Cannot write into {folder}: {error.strerror}. Choose another folder."
        ) from error


def residue_rmsf(ca: Tensor) -> np.ndarray:
    """Root mean square fluctuation (L,) of CA positions (N, L, 3), Å, superposed on their mean."""
    mean, moved = ca[0].double(), ca.double()
    for _ in range(ROUNDS):
        moved = kabsch_transform(moved, mean.expand_as(moved))[:, None].apply(moved)
        mean = moved.mean(0)
    return torch.sqrt(((moved - mean) ** 2).sum(-1).mean(0)).numpy()


def save_trajectory(path: Path, trajectory: mdtraj.Trajectory, rmsf: np.ndarray) -> list[Path]:
    """Write a PDB, an mmCIF, or an XTC with NAME-topology.pdb, by the ending.

    Parameters
    ----------
    path : path
    trajectory : Trajectory
        One chain.
    rmsf : array, shape (L,)
        Å, for the B-factor column.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    farthest = float(np.abs(trajectory.xyz).max()) * ANGSTROM_PER_NM
    if not farthest <= FARTHEST:
        raise OutputError(
            f"{path} cannot hold atoms {farthest:.3g} Å from the middle, and a protein has none: "
            "the run tore it apart. Lower η, or take a γ nearer to the usual 0 to 1, another seed "
            "or more steps; an .npz file holds the run as it is."
        )
    column = np.minimum(rmsf, LARGEST_B)[[atom.residue.index for atom in trajectory.top.atoms]]
    suffix = path.suffix.lower()
    if suffix == ".pdb":
        return write_files({path: lambda file: trajectory.save_pdb(str(file), bfactors=column)})
    if suffix == ".cif":
        return write_files({path: lambda file: _save_cif(trajectory, file, column)})
    return write_files(
        {
            path: lambda file: trajectory.save_xtc(str(file)),
            topology_beside(path): lambda file: trajectory[0].save_pdb(str(file), bfactors=column),
        }
    )


def write_files(savers: dict[Path, Callable[[Path], object]]) -> list[Path]:
    """Write into a folder beside the results first, so that nothing half-written is left."""
    first = next(iter(savers))
    try:
        with tempfile.TemporaryDirectory(dir=first.parent, prefix=".confdiff-") as folder:
            temporary = {path: Path(folder) / path.name.lower() for path in savers}
            for path, save in savers.items():
                save(temporary[path])
            for path in savers:
                temporary[path].replace(path)
    except (OSError, RuntimeError) as error:  # mdtraj's XTC writer raises the latter
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            f"Writing {first} failed: {getattr(error, 'strerror', None) or error}. Free some space "
            "or choose another folder; nothing was left behind."
        ) from error
    return list(savers)


def _save_cif(trajectory: mdtraj.Trajectory, file: Path, column: np.ndarray) -> None:
    try:
        trajectory.save_cif(str(file), bfactors=column)
    except ImportError as error:
        raise OutputError(
            "mmCIF is written through OpenMM, which is not installed: "
            "pip install 'confdiff-widgets[physics]', or write PDB."
        ) from error
