"""Heavy atoms of one protein chain, from any structure, trajectory or NPZ file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from ..geometry.residues import SequenceError, encode_sequence, residue_tables
from ..geometry.structure import (
    ANGSTROM_PER_NM,
    Atom14Trajectory,
    HeavyAtoms,
    StructureError,
    require_sequence,
    select_heavy_atoms,
)
from .array_files import read_positions
from .chain_geometry import check_heavy_atoms, require_whole_chain
from .file_formats import ARRAYS, ENSEMBLES, STRUCTURES, TRAJECTORIES, file_ending
from .periodic_boxes import atom14_bonds, make_whole
from .structure_files import read_structure
from .trajectory_files import CHUNK, iterate_frames, topology_of_trajectory

if TYPE_CHECKING:
    import mdtraj


def load_atom14(
    path: str | Path,
    *,
    topology: str | Path | None = None,
    sequence: str | None = None,
    chain: str | None = None,
    content: bytes | None = None,
) -> Atom14Trajectory:
    """Read the heavy atoms of all frames of a file; see :func:`iterate_atom14`.

    ``content`` replaces the content of a structure file, for uploads.
    """
    if content is not None:
        return _of_structure(read_structure(Path(path), content), Path(path), sequence, chain)
    chunks = list(iterate_atom14(path, topology=topology, sequence=sequence, chain=chain))
    return chunks[0]._replace(positions=torch.cat([c.positions for c in chunks]))


def iterate_atom14(
    path: str | Path,
    *,
    topology: str | Path | None = None,
    sequence: str | None = None,
    chain: str | None = None,
    chunk: int = CHUNK,
) -> Iterator[Atom14Trajectory]:
    """Iterate over the heavy atoms of a file in chunks of frames, for long trajectories.

    A chain that is wrapped over the periodic box is made whole.

    Parameters
    ----------
    path : path
        Structure, trajectory or NPZ file.
    topology : path, optional
        Topology of a trajectory. Default: the one next to it.
    sequence : str, optional
        Required sequence.
    chain : str, optional
        Chain to select, for several protein chains.

    Raises
    ------
    StructureError
        If the file cannot be read, has another sequence, several chains, missing backbone atoms,
        or NaN coordinates.
    """
    path = Path(path)
    ending = file_ending(path)
    if not path.is_file():
        raise StructureError(f"No such file: {path}. Check the path.")
    if ending in STRUCTURES:
        yield _of_structure(read_structure(path), path, sequence, chain)
    elif ending in TRAJECTORIES:
        known = topology_of_trajectory(path, topology)
        with _naming(path if topology is None else topology):
            protein = select_heavy_atoms(known, sequence=sequence, chain=chain)
        atoms = np.unique(protein.atoms[protein.mask])
        in_part = protein._replace(atoms=np.searchsorted(atoms, protein.atoms) % len(atoms))
        for part in iterate_frames(path, known, atoms, chunk=chunk):
            with _naming(path):
                yield _gather(part, in_part)
    elif ending in ARRAYS:
        yield _read_arrays(path, sequence)
    else:
        raise StructureError(
            f"{path.name} has an unknown file format. Use one of {', '.join(ENSEMBLES)}."
        )


def from_pdb_topology(pdb: str, xyz: NDArray[np.floating]) -> Atom14Trajectory:
    """Convert coordinates (N, atoms, 3) in nm, with the topology as PDB text, to heavy atoms.

    Raises
    ------
    StructureError
        If the text is no structure or has another number of atoms, and as `load_atom14`.
    """
    topology = read_structure(Path("topology.pdb"), pdb.encode()).topology
    if xyz.shape[1:] != (topology.n_atoms, 3):
        raise StructureError(
            f"The coordinates {xyz.shape} do not fit the {topology.n_atoms} atoms of the topology."
        )
    protein = select_heavy_atoms(topology)
    return protein.with_positions(xyz[:, protein.atoms].astype(np.float32))


def require_chain(atoms: Atom14Trajectory, name: str | Path) -> None:
    """Check that bonded atoms are at bonded distances in all frames.

    Raises
    ------
    StructureError
        If the chain has a gap, a fused ligand, or a broken bond in any frame.
    """
    require_whole_chain(check_heavy_atoms(atoms), str(name))


def _of_structure(
    structure: mdtraj.Trajectory, path: Path, sequence: str | None, chain: str | None
) -> Atom14Trajectory:
    with _naming(path):
        return _gather(
            structure, select_heavy_atoms(structure.topology, sequence=sequence, chain=chain)
        )


def _gather(frames: mdtraj.Trajectory, protein: HeavyAtoms) -> Atom14Trajectory:
    """Collect the heavy atoms of whole chains."""
    positions = frames.xyz[:, protein.atoms]
    flat = positions.reshape(len(positions), -1, 3)
    whole = make_whole(flat, frames, atom14_bonds(protein.sequence, protein.mask))
    return protein.with_positions(whole.reshape(positions.shape))


def _read_arrays(path: Path, sequence: str | None) -> Atom14Trajectory:
    stored = read_positions(path)
    if stored.kind == "ca":
        raise StructureError(
            f"{path} has CA atoms only. Give a file with N, CA and C of every residue."
        )
    with _naming(path):
        letters = require_sequence(stored.sequence, sequence)
        mask = residue_tables().atom_mask[encode_sequence(letters)].numpy().copy()
        mask[:, stored.positions.shape[2] :] = False
        positions = np.zeros((len(stored.positions), len(letters), 14, 3), dtype=np.float32)
        positions[:, :, : stored.positions.shape[2]] = stored.positions
        return HeavyAtoms(letters, np.zeros(mask.shape, dtype=np.int64), mask).with_positions(
            positions / np.float32(ANGSTROM_PER_NM)
        )


@contextmanager
def _naming(path: str | Path) -> Iterator[None]:
    """Put the name of the file in front of errors about its residues."""
    try:
        yield
    except (StructureError, SequenceError) as error:
        raise StructureError(f"{path}: {error}") from error
