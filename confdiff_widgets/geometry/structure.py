"""Conversion between heavy-atom tensors and mdtraj topologies, trajectories and files.

mdtraj uses nm; all tensors of this module are in Å.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
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


_READ_ERRORS = (
    OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, EOFError,
)  # fmt: skip
"""Errors that mdtraj raises for unreadable files."""


ATOM_ALIASES = {("ILE", "CD"): "CD1", ("MSE", "SE"): "SD"}
"""Alternative atom names: isoleucine in CHARMM, and selenium in place of sulphur."""


class StructureError(UserError, ValueError):
    """A structure or trajectory that cannot be used."""


class Atom14Trajectory(NamedTuple):
    """Heavy atoms of one chain over frames."""

    sequence: str
    positions: Tensor  # (N, L, 14, 3) Å, absent atoms 0
    mask: Tensor  # (L, 14) atoms present


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
    return "".join(LETTER_OF_NAME[r.name] for r in _protein_residues(topology, chain))


def from_trajectory(
    trajectory: mdtraj.Trajectory, *, sequence: str | None = None, chain: str | None = None
) -> Atom14Trajectory:
    """Convert an mdtraj trajectory to heavy atoms, with checks.

    Selenomethionine counts as methionine, and force-field names of protonation states as the amino
    acid. Other modified residues are rejected.

    Parameters
    ----------
    trajectory : Trajectory
    sequence : str, optional
        Required sequence.
    chain : str, optional
        Chain to select, for several protein chains.

    Raises
    ------
    StructureError
        For another sequence than required, missing backbone atoms, or NaN coordinates.
    """
    residues = _protein_residues(trajectory.topology, chain)
    found = "".join(LETTER_OF_NAME[r.name] for r in residues)
    if sequence is not None and found != check_sequence(sequence):
        raise StructureError(_sequence_mismatch(found, check_sequence(sequence)))
    index = np.zeros((len(residues), 14), dtype=np.int64)
    mask = np.zeros((len(residues), 14), dtype=bool)
    for i, residue in enumerate(residues):
        order = atom_names()[NAMES[LETTERS.index(found[i])]]
        for atom in residue.atoms:
            name = ATOM_ALIASES.get((residue.name, atom.name), atom.name)
            if name in order:
                index[i, order.index(name)] = atom.index
                mask[i, order.index(name)] = True
    incomplete = [str(residues[i]) for i in np.flatnonzero(~mask[:, :3].all(1))]
    if incomplete:
        raise StructureError(
            f"Backbone atoms N, CA or C are missing in {', '.join(incomplete[:5])}"
            f"{' and others' if len(incomplete) > 5 else ''}. Complete the structure, "
            "for example with PDBFixer, or remove these residues."
        )
    positions = trajectory.xyz[:, index] * ANGSTROM_PER_NM
    bad = np.flatnonzero(~np.isfinite(positions[:, mask]).all(axis=(1, 2)))
    if bad.size:
        raise StructureError(
            f"Coordinates are NaN or infinite in {bad.size} of {trajectory.n_frames} frames "
            f"(first: frame {bad[0]}). Remove these frames from the trajectory."
        )
    positions[:, ~mask] = 0
    return Atom14Trajectory(found, torch.from_numpy(positions), torch.from_numpy(mask))


def from_pdb_topology(pdb: str, xyz: np.ndarray) -> Atom14Trajectory:
    """Convert coordinates (N, atoms, 3) in nm, with the topology as PDB text, to heavy atoms.

    Raises
    ------
    StructureError
        If the text is no structure or has another number of atoms, and as `from_trajectory`.
    """
    import mdtraj

    with tempfile.NamedTemporaryFile("w", suffix=".pdb") as file:  # mdtraj reads files only
        file.write(pdb)
        file.flush()
        try:
            topology = mdtraj.load_topology(file.name)
        except _READ_ERRORS as error:
            raise StructureError(f"The topology is not in PDB format: {error}.") from error
    if xyz.shape[1:] != (topology.n_atoms, 3):
        raise StructureError(
            f"The coordinates {xyz.shape} do not fit the {topology.n_atoms} atoms of the topology."
        )
    return from_trajectory(mdtraj.Trajectory(xyz.astype(np.float32), topology))


def load_atom14(
    path: str | Path,
    *,
    topology: str | Path | None = None,
    sequence: str | None = None,
    chain: str | None = None,
) -> Atom14Trajectory:
    """Read heavy atoms from any file that mdtraj supports.

    Trajectories require a ``topology`` file. ``chain`` selects one of several protein chains.
    """
    chunks = list(iterate_atom14(path, topology=topology, sequence=sequence, chain=chain))
    return chunks[0]._replace(positions=torch.cat([c.positions for c in chunks]))


def iterate_atom14(
    path: str | Path,
    *,
    topology: str | Path | None = None,
    sequence: str | None = None,
    chain: str | None = None,
    chunk: int = 1000,
) -> Iterator[Atom14Trajectory]:
    """Iterate over the heavy atoms of a file in chunks of frames, for long trajectories."""
    import mdtraj

    for file in (path, topology):
        if file is not None and not Path(file).is_file():
            raise StructureError(f"No such file: {file}. Check the path.")
    options = {} if topology is None else {"top": str(topology)}
    if Path(path).suffix.lower() == ".cif":  # not supported by iterload
        parts = (mdtraj.load(str(file)) for file in [path])
    else:
        parts = mdtraj.iterload(str(path), chunk=chunk, **options)
    empty = True
    while True:
        try:
            part = next(parts, None)
        except ImportError as error:
            raise StructureError(
                f"Reading {path} requires a package that is not installed. Install it (for .h5 "
                "files: pip install tables), or convert the file to PDB or XTC."
            ) from error
        except _READ_ERRORS as error:
            if topology is None and "topology" in str(error):
                hint = "Give the matching topology (a PDB file)."
            elif topology is None:
                hint = "The file is empty, damaged, or in another format than its ending."
            else:
                hint = f"One of the files is damaged, or {topology} belongs to another trajectory."
            raise StructureError(f"Cannot read {path}: {error}. {hint}") from error
        if part is None:
            break
        empty = False
        yield from_trajectory(part, sequence=sequence, chain=chain)
    if empty:
        raise StructureError(f"{path} contains no frames. Give a file with at least one.")


def _protein_residues(
    topology: mdtraj.Topology, wanted: str | None = None
) -> list[mdtraj.core.topology.Residue]:
    chains = [
        (chain, [r for r in chain.residues if r.name in LETTER_OF_NAME])
        for chain in topology.chains
    ]
    chains = [(chain, residues) for chain, residues in chains if residues]
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
