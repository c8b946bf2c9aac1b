"""Writing of conformers as PDB, mmCIF and XTC for nglview, PyMOL and ChimeraX.

The files have no CONECT records, so that viewers infer bonds from the residues. The B-factor column
contains the RMSF of each residue over the ensemble (CA, Å).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..files.writing import OutputError, write_files
from ..geometry.structure import ANGSTROM_PER_NM
from .file_formats import topology_path

if TYPE_CHECKING:
    import mdtraj

LARGEST_B_FACTOR = 99.99
"""Largest value that fits the B-factor column of a PDB file."""

LARGEST_COORDINATE = 99_999.0
"""Largest coordinate (Å) that fits the columns of a PDB file with its decimals and sign."""


def check_coordinates(positions: np.ndarray, path: Path) -> None:
    """Raise an OutputError if positions (Å) are those of a diverged run, in any format."""
    largest = float(np.abs(positions).max())
    if not largest <= LARGEST_COORDINATE:
        raise OutputError(
            f"The conformers for {path} have coordinates of {largest:.3g} Å: the run has diverged. "
            "Lower η, use a γ closer to the range 0 to 1, another seed or more steps."
        )


def save_trajectory(path: Path, trajectory: mdtraj.Trajectory, rmsf: np.ndarray) -> list[Path]:
    """Write a PDB file, an mmCIF file, or an XTC file with NAME-topology.pdb, by the ending.

    Parameters
    ----------
    path : path
    trajectory : Trajectory
        One chain.
    rmsf : ndarray, shape (L,)
        RMSF in Å for the B-factor column.

    Returns
    -------
    list of Path
        Paths of the files.

    Raises
    ------
    OutputError
        If a file cannot be written, or the run has diverged.
    """
    check_coordinates(trajectory.xyz * ANGSTROM_PER_NM, path)
    residues = [atom.residue.index for atom in trajectory.top.atoms]
    b_factors = np.minimum(rmsf, LARGEST_B_FACTOR)[residues]
    ending = path.suffix.lower()
    if ending == ".pdb":
        return write_files({path: lambda file: _save_pdb(trajectory, file, b_factors)})
    if ending == ".cif":
        return write_files({path: lambda file: trajectory.save_cif(str(file), bfactors=b_factors)})
    return write_files(
        {
            path: lambda file: trajectory.save_xtc(str(file)),
            topology_path(path): lambda file: _save_pdb(trajectory[0], file, b_factors),
        }
    )


def _save_pdb(trajectory: mdtraj.Trajectory, file: Path, b_factors: np.ndarray) -> None:
    """Write models that are numbered from 1, as the format requires; mdtraj starts at 0."""
    from mdtraj.formats import PDBTrajectoryFile

    several = trajectory.n_frames > 1
    with PDBTrajectoryFile(str(file), "w") as pdb:
        for number, positions in enumerate(trajectory.xyz * ANGSTROM_PER_NM, start=1):
            pdb.write(
                positions,
                trajectory.topology,
                modelIndex=number if several else None,
                bfactors=b_factors,
            )
