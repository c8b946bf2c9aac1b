"""All atoms of a protein and its OpenMM system, built once from the sequence.

A :class:`Molecule` is plain data that is sent to worker processes, which then need neither the
force-field files nor torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..geometry.carboxylate import terminal_oxygen
from .config import PhysicsError
from .hydrogens import Hydrogens
from .platform import import_openmm, preparation_platform

if TYPE_CHECKING:
    from openmm import System, app

ANGSTROM_PER_NM = 10.0

COMPONENTS = ("bond", "angle", "torsion", "nonbonded", "solvation")
"""Contributions to an energy; the index in the tuple is the force group in OpenMM."""


@dataclass(frozen=True, eq=False)
class Molecule:
    """A protein of L residues and A atoms.

    Histidine is neutral (proton on Nε), cysteines are reduced, both termini are charged.

    Attributes
    ----------
    sequence : str
    system : str
        The OpenMM System as XML, without constraints; force groups as in ``COMPONENTS``.
    heavy, slots : arrays of int, shape (K,)
        Indices of the heavy atoms of a conformer, and their indices in the flattened (L, 14)
        array.
    terminus : tuple of int
        CA, C, O and OXT of the last residue.
    hydrogens : Hydrogens
    names : tuple of A str
        PDB atom names.
    residue : array of int, shape (A,)
        Index of each atom's residue.
    """

    sequence: str
    system: str
    heavy: np.ndarray
    slots: np.ndarray
    terminus: tuple[int, int, int, int]
    hydrogens: Hydrogens
    names: tuple[str, ...]
    residue: np.ndarray

    def all_atoms(self, atom14: np.ndarray) -> np.ndarray:
        """Compute the positions of all atoms (A, 3) from heavy atoms (L, 14, 3), both in Å.

        The terminal oxygen OXT is placed by :func:`terminal_oxygen`, hydrogens by
        :class:`Hydrogens`.
        """
        positions = np.full((len(self.residue), 3), np.nan)
        positions[self.heavy] = atom14.reshape(-1, 3)[self.slots]
        *known, oxt = self.terminus
        positions[oxt] = terminal_oxygen(*positions[known])
        self.hydrogens.place(positions)
        return positions


@cache
def make_molecule(sequence: str, force_field: tuple[str, ...]) -> Molecule:
    """Build the molecule of a sequence; takes seconds, because OpenMM's Modeller adds hydrogens.

    Raises
    ------
    SequenceError
        If the sequence contains an unknown amino acid.
    PhysicsError
        If OpenMM cannot use the sequence or the force field.
    """
    from ..geometry.residues import LETTERS, NAMES, atom_names, check_sequence

    app = _app()
    sequence = check_sequence(sequence)
    if len(sequence) < 2:
        raise PhysicsError(
            f"The sequence {sequence} has a single residue, and the force field has none with two "
            "charged termini. Give two residues or more."
        )
    topology, positions = _heavy_atoms(sequence)
    try:
        parameters = app.ForceField(*force_field)
        modeller = app.Modeller(topology, positions)
        modeller.addHydrogens(
            parameters,
            variants=["HIE" if letter == "H" else None for letter in sequence],
            platform=preparation_platform(),
        )
        topology = modeller.topology
        system = parameters.createSystem(
            topology,
            nonbondedMethod=app.NoCutoff,
            constraints=None,
            rigidWater=False,
            removeCMMotion=False,
        )
    except (ValueError, OSError) as error:
        raise PhysicsError(
            f"OpenMM cannot describe {sequence} with {', '.join(force_field)}: {error}. Choose a "
            "protein force field that comes with OpenMM."
        ) from error
    for force in system.getForces():
        force.setForceGroup(COMPONENTS.index(_component(force)))

    atoms = list(topology.atoms())
    index = {(atom.residue.index, atom.name): atom.index for atom in atoms}
    slots = {
        index[i, name]: 14 * i + j
        for i, letter in enumerate(sequence)
        for j, name in enumerate(atom_names()[NAMES[LETTERS.index(letter)]])
    }
    last = len(sequence) - 1
    return Molecule(
        sequence=sequence,
        system=import_openmm().XmlSerializer.serialize(system),
        heavy=np.array(list(slots)),
        slots=np.array(list(slots.values())),
        terminus=(index[last, "CA"], index[last, "C"], index[last, "O"], index[last, "OXT"]),
        hydrogens=_hydrogens(topology, system),
        names=tuple(atom.name for atom in atoms),
        residue=np.array([atom.residue.index for atom in atoms]),
    )


def _heavy_atoms(sequence: str) -> tuple[app.Topology, np.ndarray]:
    """Build topology and rough positions (nm) of a chain, to which Modeller adds hydrogens."""
    import torch

    from ..geometry.atom14 import build_atom14
    from ..geometry.residues import LETTERS, NAMES, atom_names, encode_sequence
    from ..geometry.rigid import Rigid

    app = _app()
    length = len(sequence)
    along_x = torch.arange(length)[:, None] * torch.tensor([3.8, 0.0, 0.0])
    frames = Rigid(torch.tensor([1.0, 0.0, 0.0, 0.0]).expand(length, 4), along_x)
    trans = torch.tensor([0.0, -1.0]).expand(length, 7, 2)
    atom14 = build_atom14(frames, trans, encode_sequence(sequence)).numpy()

    topology, positions = app.Topology(), []
    chain = topology.addChain()
    for i, letter in enumerate(sequence):
        name = NAMES[LETTERS.index(letter)]
        residue = topology.addResidue(name, chain)
        for j, atom in enumerate(atom_names()[name]):
            topology.addAtom(atom, app.Element.getBySymbol(atom[0]), residue)
            positions.append(atom14[i, j])
    topology.addAtom("OXT", app.Element.getBySymbol("O"), residue)
    positions.append(atom14[-1, 3] + [0.0, 2.0, 0.0])
    topology.createStandardBonds()
    return topology, np.array(positions) / ANGSTROM_PER_NM


def _hydrogens(topology: app.Topology, system: System) -> Hydrogens:
    is_hydrogen = np.array([atom.element.symbol == "H" for atom in topology.atoms()])
    bonds: dict[int, list[int]] = {i: [] for i in range(len(is_hydrogen))}
    for first, second in topology.bonds():
        bonds[first.index].append(second.index)
        bonds[second.index].append(first.index)
    lengths = {}
    for force in system.getForces():
        if force.getName() == "HarmonicBondForce":
            for k in range(force.getNumBonds()):
                i, j, length, _ = force.getBondParameters(k)
                lengths[i, j] = lengths[j, i] = length._value * ANGSTROM_PER_NM
    return Hydrogens.from_bonds(bonds, is_hydrogen, lengths)


def _component(force: Any) -> str:
    name = type(force).__name__
    for words, component in (
        ("Nonbonded", "nonbonded"),
        ("GB", "solvation"),
        ("Torsion", "torsion"),
        ("Angle", "angle"),
        ("Bond", "bond"),
    ):
        if words in name:
            return component
    raise PhysicsError(
        f"The force field has a {name}, which belongs to none of the components "
        f"{', '.join(COMPONENTS)}. Choose an Amber or CHARMM force field."
    )


def _app() -> Any:
    import_openmm()
    from openmm import app

    return app
