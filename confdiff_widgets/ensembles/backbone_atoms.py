"""Selection of the backbone atoms of a protein in a topology from any source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..geometry.residues import LETTER_OF_NAME
from ..geometry.structure import ANGSTROM_PER_NM, StructureError
from .ensemble_data import EnsembleData
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
        Increasing atom indices.
    """

    def __init__(self, topology: mdtraj.Topology, name: str, sequence: str | None):
        residues = _chain(topology, name, sequence)
        self.sequence = "".join(LETTER_OF_NAME[r.name] for r in residues)
        indices = [{a.name: a.index for a in r.atoms} for r in residues]
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

    def data(self, positions: NDArray[np.float32]) -> EnsembleData:
        """Convert positions (N, atoms, 3) in nm to an unnamed ensemble."""
        found = positions[:, self._order] * np.float32(ANGSTROM_PER_NM)
        ca = np.ascontiguousarray(found[:, :, 1 if self._complete else 0])
        return EnsembleData(
            "", self.sequence, ca, found if self._complete else None, notes=self._notes
        )


def _chain(topology: mdtraj.Topology, name: str, sequence: str | None) -> Chain:
    chains: list[Chain] = []
    for chain in topology.chains:
        residues = [r for r in chain.residues if r.name in LETTER_OF_NAME]
        if residues:
            chains.append(residues)
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
