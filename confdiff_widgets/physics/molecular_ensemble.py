"""Ensembles with the chemical form of their protein, and how they are read from files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..ensembles.ensemble import Ensemble
from ..ensembles.file_formats import ARRAYS, STRUCTURES, file_ending
from ..ensembles.heavy_atoms import load_atom14
from ..ensembles.periodic_boxes import make_whole
from ..ensembles.structure_files import read_structure
from ..ensembles.trajectory_files import iterate_frames, topology_of_trajectory
from ..files.arrays import TEXT, Array, read_arrays
from ..files.reading import FormatError, parse_json
from ..geometry.residues import encode_sequence, residue_tables
from ..geometry.structure import ANGSTROM_PER_NM, StructureError, protein_residues
from .chemistry import Chemistry, check_forms, find_disulphides
from .config import PhysicsError
from .file_chemistry import CapAtoms, FileChemistry, read_chemistry

if TYPE_CHECKING:
    import mdtraj


@dataclass(frozen=True, eq=False)
class MolecularEnsemble:
    """N conformers of L residues and C end groups.

    Attributes
    ----------
    ensemble : Ensemble
    chemistry : Chemistry
    caps : array, shape (N, C, 14, 3)
        Heavy atoms of the end groups in the order of ``CAPS``, Å; absent atoms are 0.
    notes : tuple of str
        What differs from the file, in words.
    """

    ensemble: Ensemble
    chemistry: Chemistry
    caps: np.ndarray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        expected = (len(self.ensemble), len(self.chemistry.caps), 14, 3)
        if self.chemistry.sequence != self.ensemble.sequence or self.caps.shape != expected:
            raise PhysicsError(
                f"The form of {self.chemistry.sequence} with end groups of the shape "
                f"{self.caps.shape} does not fit the conformers of {self.ensemble.sequence}."
            )

    def __len__(self) -> int:
        return len(self.ensemble)

    @classmethod
    def from_ensemble(cls, ensemble: Ensemble) -> MolecularEnsemble:
        """Return the standard form of a sequence, with the disulphide bonds of all conformers."""
        cysteines = [i for i, letter in enumerate(ensemble.sequence) if letter == "C"]
        standard = Chemistry.standard(ensemble.sequence)
        chemistry, notes = _with_disulphides(standard, ensemble.atom14.numpy(), cysteines)
        return cls(ensemble, chemistry, np.zeros((len(ensemble), 0, 14, 3)), notes)

    @property
    def atom14(self) -> np.ndarray:
        """Heavy atoms of residues and end groups (N, L + C, 14, 3), Å."""
        atom14 = self.ensemble.atom14.numpy()
        return atom14 if not self.chemistry.caps else np.concatenate([atom14, self.caps], axis=1)


def read_molecules(path: str | Path, topology: str | Path | None = None) -> MolecularEnsemble:
    """Read conformers with all heavy atoms and their chemical form.

    The form is that of the file where ff14SB has it: disulphide bonds, end groups, and protonation
    states by the hydrogens or the names of the residues.

    Parameters
    ----------
    path : path
        An ensemble of this package (NPZ), a structure or a trajectory.
    topology : path, optional
        Topology of a trajectory. Default: the one next to it.

    Raises
    ------
    StructureError
        If the file cannot be read, or heavy atoms are missing.
    PhysicsError
        If ff14SB does not have the form of the protein.
    """
    path = Path(path)
    if file_ending(path) in ARRAYS:
        return _read_stored(path)
    sequence, positions, mask = load_atom14(path, topology=topology)
    wanted = residue_tables().atom_mask[encode_sequence(sequence)]
    incomplete = (wanted & ~mask).any(1).nonzero().flatten().tolist()
    if incomplete:
        where = ", ".join(f"{sequence[i]}{i + 1}" for i in incomplete[:5])
        raise StructureError(
            f"Heavy atoms are missing in {where}{' and others' if len(incomplete) > 5 else ''} of "
            f"{path}, and energies need all of them. Write side chains with "
            "`confdiff sample --heavy`, or give an .npz, which always holds them."
        )
    frames = _Frames(path, topology)
    try:
        found = read_chemistry(frames.first, protein_residues(frames.topology))
        atom14 = positions.numpy()
        chemistry, bonds = _with_disulphides(found.chemistry, atom14, found.cysteines)
        _check_cysteines(found, chemistry)
        check_forms(chemistry)
    except PhysicsError as error:
        raise PhysicsError(f"{path}: {error}") from error
    centre = positions[:, :, 1].mean(1)[:, None, None]
    caps = _cap_positions(frames, found.caps, atom14) - centre.numpy()
    ensemble = Ensemble(torch.where(wanted[..., None], positions - centre, 0), sequence)
    return MolecularEnsemble(ensemble, chemistry, caps, (*found.notes, *bonds))


def _read_stored(path: Path) -> MolecularEnsemble:
    """Read an NPZ file, with the form and the end groups that `confdiff label` stores."""
    ensemble = Ensemble.load(path)
    schema = {
        "chemistry": TEXT._replace(required=False),
        "caps": Array("f", (len(ensemble), "end groups", 14, 3), finite=True, required=False),
    }
    try:
        found = read_arrays(path, schema)
        if len(found) < len(schema):
            return MolecularEnsemble.from_ensemble(ensemble)
        stored = parse_json(str(found["chemistry"]), dict[str, Any])
        return MolecularEnsemble(ensemble, Chemistry.from_dict(stored), found["caps"])
    except (OSError, FormatError, PhysicsError) as error:
        raise StructureError(
            f"{path} is damaged: {str(error).rstrip('.')}. Compute it again."
        ) from error


class _Frames:
    """The frames of a structure or trajectory with all their atoms."""

    def __init__(self, path: Path, topology: str | Path | None):
        self._path, self._structure = path, None
        if file_ending(path) in STRUCTURES:
            self._structure = read_structure(path)
            self.topology = self._structure.topology
            self.first = self._structure[0]
        else:
            self.topology = topology_of_trajectory(path, topology)
            every = np.arange(self.topology.n_atoms)
            self.first = next(iterate_frames(path, self.topology, every, chunk=1))
            self.first.topology = self.topology

    def of_atoms(self, atoms: np.ndarray) -> Iterator[mdtraj.Trajectory]:
        """Iterate over chunks of frames with these atoms, in ascending order."""
        if self._structure is not None:
            return iter([self._structure.atom_slice(atoms)])
        return iterate_frames(self._path, self.topology, atoms)


def _with_disulphides(
    chemistry: Chemistry, atom14: np.ndarray, cysteines: Sequence[int]
) -> tuple[Chemistry, tuple[str, ...]]:
    found = find_disulphides(atom14, cysteines)
    notes = tuple(
        f"the sulphurs of C{i + 1} and C{j + 1} are at a bonded distance in {count} of "
        f"{len(atom14)} conformers, and are computed without a bond"
        for (i, j), count in found.occasional.items()
    )
    return chemistry.with_disulphides(found.bonds) if found.bonds else chemistry, notes


def _check_cysteines(found: FileChemistry, chemistry: Chemistry) -> None:
    bonded = {i for pair in chemistry.disulphides for i in pair}
    alone = [f"C{i + 1}" for i in found.bonded if i not in bonded]
    if alone:
        raise PhysicsError(
            f"The cysteine {', '.join(alone)} is called CYX, which has a disulphide bond, and has "
            "no partner at a bonded distance in all conformers. Call it CYS, or add its partner."
        )


def _cap_positions(frames: _Frames, caps: tuple[CapAtoms, ...], atom14: np.ndarray) -> np.ndarray:
    """Return the heavy atoms of the end groups (N, C, 14, 3) of whole molecules, Å."""
    positions = np.zeros((len(atom14), len(caps), 14, 3))
    for k, cap in enumerate(caps):
        anchors = atom14[:, 0, 0] if cap.name == "ACE" else atom14[:, -1, 2]
        atoms = np.array([cap.anchor, *cap.atoms])
        order = np.argsort(atoms)
        bonds = np.array([(0, j) for j in range(1, len(atoms))], dtype=np.int32)
        start = 0
        for part in frames.of_atoms(atoms[order]):
            xyz = make_whole(part.xyz[:, np.argsort(order)], part, bonds) * ANGSTROM_PER_NM
            rows = slice(start, start + len(xyz))
            positions[rows, k, : len(cap.atoms)] = xyz[:, 1:] - xyz[:, :1] + anchors[rows, None]
            start += len(xyz)
    return positions
