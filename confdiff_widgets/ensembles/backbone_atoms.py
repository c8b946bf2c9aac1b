"""Selection of the backbone atoms of a protein in a topology from any source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..geometry.residues import LETTER_OF_NAME
from ..geometry.structure import (
    ANGSTROM_PER_NM,
    StructureError,
    atom_indices,
    protein_chains,
)
from .chain_geometry import BrokenBonds, chain_bonds, find_broken_bonds
from .ensemble_data import EnsembleData
from .periodic_boxes import backbone_bonds, make_whole
from .sequence_matching import is_comparable

if TYPE_CHECKING:
    import mdtraj

    Chain = list[mdtraj.core.topology.Residue]

BACKBONE = ("N", "CA", "C", "O")


class BackboneAtoms:
    """Backbone atoms of one protein chain of a topology.

    Attributes
    ----------
    sequence : str
    atoms : ndarray of int
        Increasing indices of the atoms that are read.
    """

    def __init__(self, topology: mdtraj.Topology, name: str, sequence: str | None):
        residues = _chain(topology, name, sequence)
        self.sequence = "".join(LETTER_OF_NAME[r.name] for r in residues)
        indices = [atom_indices(r) for r in residues]
        without_ca = [
            str(r) for r, index in zip(residues, indices, strict=True) if "CA" not in index
        ]
        if without_ca:
            more = " and others" if len(without_ca) > 5 else ""
            raise StructureError(
                f"{name} lacks the CA atoms of {', '.join(without_ca[:5])}{more}. Complete the "
                "structure, or remove these residues."
            )
        incomplete = [
            str(r)
            for r, index in zip(residues, indices, strict=True)
            if not index.keys() >= set(BACKBONE)
        ]
        self._complete = not incomplete
        self._notes: tuple[str, ...] = ()
        if 0 < len(incomplete) < len(residues):
            more = " and others" if len(incomplete) > 5 else ""
            self._notes = (f"N, C or O missing in {', '.join(incomplete[:5])}{more}",)
        names = BACKBONE if self._complete else ("CA",)
        selected = np.array([[index[atom] for atom in names] for index in indices])
        self.atoms = np.sort(selected.ravel())
        self._order = np.searchsorted(self.atoms, selected)  # (L, 4 or 1)
        # residues that are missing in the file leave a gap in the numbers
        bonded = np.diff([r.resSeq for r in residues]) <= 1
        self._bonds = chain_bonds([str(r) for r in residues], len(names), bonded)
        self._neighbours = backbone_bonds(len(residues), len(names))

    def collect(self, frames: mdtraj.Trajectory) -> NDArray[np.float32]:
        """Return the whole backbones (N, L, 4 or 1, 3) in Å of frames with these atoms only."""
        found = frames.xyz[:, self._order]
        whole = make_whole(found.reshape(len(found), -1, 3), frames, self._neighbours)
        return whole.reshape(found.shape) * np.float32(ANGSTROM_PER_NM)

    def broken_bonds(self, backbones: NDArray[np.float32]) -> BrokenBonds:
        """Check the bonds of backbones (N, L, 4 or 1, 3) in Å."""
        return find_broken_bonds(backbones, self._bonds)

    def data(self, backbones: NDArray[np.float32]) -> EnsembleData:
        """Convert backbones (N, L, 4 or 1, 3) in Å to an unnamed ensemble."""
        ca = np.ascontiguousarray(backbones[:, :, 1 if self._complete else 0])
        return EnsembleData(
            "", self.sequence, ca, backbones if self._complete else None, notes=self._notes
        )


def _chain(topology: mdtraj.Topology, name: str, sequence: str | None) -> Chain:
    chains: list[Chain] = [residues for _, residues in protein_chains(topology)]
    if not chains:
        names = sorted({r.name for r in topology.residues})[:8]
        raise StructureError(
            f"{name} has no amino acids; its residues are {', '.join(names)}. Give a file of a "
            "protein."
        )
    if len(chains) > 1 and sequence is not None:
        chains = _chains_with(chains, sequence) or chains
    if len(chains) > 1:
        lengths = ", ".join(str(len(c)) for c in chains)
        raise StructureError(
            f"{name} has {len(chains)} protein chains of {lengths} residues. Keep one of them."
        )
    modified = [
        str(r)
        for r in chains[0][0].chain.residues
        if r.name not in LETTER_OF_NAME and {"N", "CA", "C"} <= {a.name for a in r.atoms}
    ]
    if modified:
        raise StructureError(
            f"{name} has modified residues {', '.join(modified[:5])}. Replace them with the "
            "standard amino acids, for example with PDBFixer."
        )
    return chains[0]


def _chains_with(chains: list[Chain], sequence: str) -> list[Chain]:
    """Select the chains that contain the sequence, or else those that contain part of it."""
    letters = ["".join(LETTER_OF_NAME[r.name] for r in chain) for chain in chains]
    complete = [chain for chain, found in zip(chains, letters, strict=True) if sequence in found]
    if complete:
        return complete
    pairs = zip(chains, letters, strict=True)
    return [chain for chain, found in pairs if is_comparable(found, sequence)]
