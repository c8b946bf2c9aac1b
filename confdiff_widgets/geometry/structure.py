"""Conversion between heavy-atom tensors and mdtraj topologies and trajectories.

mdtraj uses nm; all tensors of this module are in Å.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import UserError
from ..exports import on_demand
from .carboxylate import terminal_oxygen
from .residues import (
    LETTER_OF_NAME,
    LETTERS,
    NAMES,
    atom_names,
    check_sequence,
    encode_sequence,
    residue_tables,
)

if TYPE_CHECKING:
    import mdtraj

ANGSTROM_PER_NM = 10.0

__getattr__ = on_demand(__name__)


ATOM_ALIASES = {
    ("ILE", "CD"): "CD1", ("MSE", "SE"): "SD", ("SER", "OG1"): "OG", ("CYS", "SG1"): "SG",
    ("THR", "OG"): "OG1", ("THR", "CG"): "CG2", ("ASN", "OD"): "OD1", ("ASN", "ND"): "ND2",
    ("GLN", "OE"): "OE1", ("GLN", "NE"): "NE2",
}  # fmt: skip
"""Alternative atom names: of CHARMM and others, and selenium in place of sulphur."""

OXYGEN_ALIASES = {
    "O1": "O", "OT1": "O", "OCT1": "O", "OC1": "O",
    "O2": "OXT", "OT2": "OXT", "OCT2": "OXT", "OC2": "OXT", "OT": "OXT",
}  # fmt: skip
"""Alternative names of the oxygens at the C-terminus."""


class StructureError(UserError, ValueError):
    """A structure or trajectory that cannot be used."""


class Atom14Trajectory(NamedTuple):
    """Heavy atoms of one chain over frames."""

    sequence: str
    positions: Tensor  # (N, L, 14, 3) Å, absent atoms 0
    mask: Tensor  # (L, 14) atoms present


class HeavyAtoms(NamedTuple):
    """Heavy atoms of one chain in a topology."""

    sequence: str
    atoms: NDArray[np.int64]  # (L, 14) indices in the topology, 0 if absent
    mask: NDArray[np.bool_]  # (L, 14) atoms present

    def with_positions(self, positions: NDArray[np.float32]) -> Atom14Trajectory:
        """Add the positions (N, L, 14, 3) of the atoms in nm.

        Raises
        ------
        StructureError
            For NaN or infinite coordinates.
        """
        positions = positions * np.float32(ANGSTROM_PER_NM)
        bad = np.flatnonzero(~np.isfinite(positions[:, self.mask]).all(axis=(1, 2)))
        if bad.size:
            raise StructureError(
                f"Coordinates are NaN or infinite in {bad.size} of {len(positions)} frames "
                f"(first: frame {bad[0]}). Remove these frames from the trajectory."
            )
        positions[:, ~self.mask] = 0
        return Atom14Trajectory(
            self.sequence, torch.from_numpy(positions), torch.from_numpy(self.mask)
        )


def topology_of(sequence: str, *, heavy: bool = False) -> mdtraj.Topology:
    """Build the topology of one chain with N, CA, C, O, or with all heavy atoms and OXT."""
    import mdtraj

    topology = mdtraj.Topology()
    chain = topology.add_chain()
    for number, letter in enumerate(check_sequence(sequence), start=1):
        name = NAMES[LETTERS.index(letter)]
        residue = topology.add_residue(name, chain, resSeq=number)
        for atom in atom_names()[name] if heavy else atom_names()[name][:4]:
            topology.add_atom(atom, mdtraj.element.get_by_symbol(atom[0]), residue)
    if heavy:
        topology.add_atom("OXT", mdtraj.element.oxygen, residue)
    topology.create_standard_bonds()
    return topology


def to_trajectory(atom14: Tensor, sequence: str, *, heavy: bool = False) -> mdtraj.Trajectory:
    """Convert positions (N, L, 14, 3) in Å to an mdtraj trajectory.

    The heavy atoms include the terminal oxygen OXT, so that the chain is complete.
    """
    import mdtraj

    topology = topology_of(sequence, heavy=heavy)
    atom14 = atom14.cpu()
    if heavy:
        exists = residue_tables().atom_mask[encode_sequence(sequence)]
        ca, c, o = (atom14[:, -1, i] for i in (1, 2, 3))
        oxygen = terminal_oxygen(ca, c, o)
        oxygen = torch.where(oxygen.isfinite(), oxygen, c)
        xyz = torch.cat([atom14[:, exists], oxygen[:, None]], dim=1)
    else:
        xyz = atom14[:, :, :4].flatten(1, 2)
    return mdtraj.Trajectory(xyz.numpy() / ANGSTROM_PER_NM, topology)


def sequence_of(topology: mdtraj.Topology, *, chain: str | None = None) -> str:
    """Return the one-letter sequence of the protein chain of a topology.

    Raises
    ------
    StructureError
        If there is no protein chain, more than one, or a modified residue.
    """
    return "".join(LETTER_OF_NAME[r.name] for r in protein_residues(topology, chain))


def select_heavy_atoms(
    topology: mdtraj.Topology, *, sequence: str | None = None, chain: str | None = None
) -> HeavyAtoms:
    """Find the heavy atoms of the protein chain of a topology.

    Selenomethionine counts as methionine, and force-field names of protonation states as the amino
    acid. Other modified residues are rejected.

    Parameters
    ----------
    topology : Topology
    sequence : str, optional
        Required sequence.
    chain : str, optional
        Chain to select, for several protein chains.

    Raises
    ------
    StructureError
        For another sequence than required, or missing backbone atoms.
    """
    residues = protein_residues(topology, chain)
    found = require_sequence("".join(LETTER_OF_NAME[r.name] for r in residues), sequence)
    index = np.zeros((len(residues), 14), dtype=np.int64)
    mask = np.zeros((len(residues), 14), dtype=bool)
    for i, residue in enumerate(residues):
        order = atom_names()[NAMES[LETTERS.index(found[i])]]
        for name, number in atom_indices(residue).items():
            if name in order:
                index[i, order.index(name)] = number
                mask[i, order.index(name)] = True
    incomplete = [str(residues[i]) for i in np.flatnonzero(~mask[:, :3].all(1))]
    if incomplete:
        raise StructureError(
            f"Backbone atoms N, CA or C are missing in {', '.join(incomplete[:5])}"
            f"{' and others' if len(incomplete) > 5 else ''}. Complete the structure, "
            "for example with PDBFixer, or remove these residues."
        )
    return HeavyAtoms(found, index, mask)


def require_sequence(found: str, wanted: str | None) -> str:
    """Return the sequence of a structure, checked.

    Raises
    ------
    SequenceError
        If it cannot be modelled.
    StructureError
        If it is not the wanted one.
    """
    found = check_sequence(found)
    if wanted is not None and found != check_sequence(wanted):
        raise StructureError(_sequence_mismatch(found, check_sequence(wanted)))
    return found


def atom_indices(residue: mdtraj.core.topology.Residue) -> dict[str, int]:
    """Return the indices of the atoms of a residue by their standard names."""
    indices = {}
    for atom in residue.atoms:
        name = ATOM_ALIASES.get((residue.name, atom.name), atom.name)
        indices[OXYGEN_ALIASES.get(name, name)] = atom.index
    return indices


def protein_chains(
    topology: mdtraj.Topology,
) -> list[tuple[mdtraj.core.topology.Chain, list[mdtraj.core.topology.Residue]]]:
    """Return the chains with amino acids and these residues.

    A single amino acid next to longer chains is a ligand and is ignored.
    """
    chains = [
        (chain, [r for r in chain.residues if r.name in LETTER_OF_NAME])
        for chain in topology.chains
    ]
    longest = max((len(residues) for _, residues in chains), default=0)
    return [(c, residues) for c, residues in chains if len(residues) >= min(2, max(longest, 1))]


def protein_residues(
    topology: mdtraj.Topology, wanted: str | None = None
) -> list[mdtraj.core.topology.Residue]:
    chains = protein_chains(topology)
    if not chains:
        names = sorted({r.name for r in topology.residues})[:8]
        raise StructureError(
            f"No amino acids found; the residues are called {', '.join(names)}. Give a file of a "
            "protein."
        )
    listed = ", ".join(f"{_chain_name(chain)} ({len(r)} residues)" for chain, r in chains)
    if wanted is not None:
        chains = [(chain, r) for chain, r in chains if _chain_name(chain) == wanted]
        if not chains:
            raise StructureError(f"There is no protein chain {wanted}. Choose one of {listed}.")
    if len(chains) > 1:
        raise StructureError(
            f"The structure has several protein chains: {listed}. Select one (--chain, or chain= "
            "in Python), or remove the others."
        )
    modified = [
        str(r)
        for r in chains[0][0].residues
        if r.name not in LETTER_OF_NAME and {"N", "CA", "C"} <= {a.name for a in r.atoms}
    ]
    if modified:
        more = " and others" if len(modified) > 5 else ""
        raise StructureError(
            f"Modified residues {', '.join(modified[:5])}{more}. Replace them with the standard "
            "amino acids, for example with PDBFixer."
        )
    return chains[0][1]


def _chain_name(chain: mdtraj.core.topology.Chain) -> str:
    """Return the chain ID of the file, or the index of the chain."""
    return (getattr(chain, "chain_id", None) or "").strip() or str(chain.index)


def _sequence_mismatch(found: str, wanted: str) -> str:
    if len(found) != len(wanted):
        detail = f"{len(found)} residues instead of {len(wanted)}"
    else:
        differing = [
            f"{w}{i}{f}"
            for i, (w, f) in enumerate(zip(wanted, found, strict=True), start=1)
            if w != f
        ]
        detail = "differing at " + ", ".join(differing[:5])
    return (
        f"The structure's sequence {found} is not {wanted} ({detail}). "
        "Give a structure of this protein, or choose the protein that it belongs to."
    )
