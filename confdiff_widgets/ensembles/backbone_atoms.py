"""Which atoms of a foreign topology are the backbone of the protein."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..geometry.residues import LETTER_OF_NAME
from ..geometry.structure import ANGSTROM_PER_NM, StructureError
from .ensemble_data import EnsembleData
from .sequence_matching import is_in

if TYPE_CHECKING:
    import mdtraj

    Chain = list[mdtraj.core.topology.Residue]

BACKBONE = ("N", "CA", "C", "O")


class BackboneAtoms:
    """The backbone atoms of one protein chain of a topology.

    Attributes
    ----------
    atoms : ndarray of int
        Their numbers, growing.
    """

    def __init__(self, topology: mdtraj.Topology, name: str, sequence: str | None):
        residues = _chain(topology, name, sequence)
        self.sequence = "".join(LETTER_OF_NAME[r.name] for r in residues)
        places = [{a.name: a.index for a in r.atoms} for r in residues]
        lacking = [str(r) for r, found in zip(residues, places, strict=True) if "CA" not in found]
        if lacking:
            more = " and others" if len(lacking) > 5 else ""
            raise StructureError(
                f"{name} lacks the CA atoms of {', '.join(lacking[:5])}{more}. Complete the "
                "structure, or leave these residues out."
            )
        gaps = [str(r) for r, found in zip(residues, places, strict=True)
                if not found.keys() >= set(BACKBONE)]  # fmt: skip
        self._whole = not gaps
        self._notes: tuple[str, ...] = ()
        if 0 < len(gaps) < len(residues):
            more = " and others" if len(gaps) > 5 else ""
            self._notes = (f"N, C or O missing in {', '.join(gaps[:5])}{more}",)
        names = BACKBONE if self._whole else ("CA",)
        wanted = np.array([[found[atom] for atom in names] for found in places])
        self.atoms = np.sort(wanted.ravel())
        self._order = np.searchsorted(self.atoms, wanted)  # (L, 4 or 1)

    def data(self, nm: NDArray[np.float32]) -> EnsembleData:
        """From positions (N, atoms, 3) in nm."""
        found = nm[:, self._order] * np.float32(ANGSTROM_PER_NM)
        ca = np.ascontiguousarray(found[:, :, 1 if self._whole else 0])
        return EnsembleData(
            "", self.sequence, ca, found if self._whole else None, notes=self._notes
        )


def _chain(topology: mdtraj.Topology, name: str, sequence: str | None) -> Chain:
    chains: list[Chain] = []
    for chain in topology.chains:
        residues = [r for r in chain.residues if r.name in LETTER_OF_NAME]
        if residues:
            chains.append(residues)
    if not chains:
        names = sorted({r.name for r in topology.residues})[:8]
        raise StructureError(f"{name} has no amino acids; residues: {', '.join(names)}.")
    if len(chains) > 1 and sequence is not None:
        chains = _of_protein(chains, sequence) or chains
    if len(chains) > 1:
        lengths = ", ".join(str(len(c)) for c in chains)
        raise StructureError(f"{name} has {len(chains)} protein chains ({lengths}). Keep one.")
    strange = [
        str(r)
        for r in chains[0][0].chain.residues
        if r.name not in LETTER_OF_NAME and {"N", "CA", "C"} <= {a.name for a in r.atoms}
    ]
    if strange:
        raise StructureError(
            f"{name} has modified residues {', '.join(strange[:5])}: replace them by the amino "
            "acids that they derive from, e.g. with PDBFixer."
        )
    return chains[0]


def _of_protein(chains: list[Chain], sequence: str) -> list[Chain]:
    """Chains that hold the sequence; without one those that hold it in part."""
    letters = ["".join(LETTER_OF_NAME[r.name] for r in chain) for chain in chains]
    whole = [chain for chain, found in zip(chains, letters, strict=True) if sequence in found]
    return whole or [
        chain for chain, found in zip(chains, letters, strict=True) if is_in(found, sequence)
    ]
