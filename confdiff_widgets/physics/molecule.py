"""All atoms of a protein and its OpenMM system, built once from its chemical form.

A :class:`Molecule` is plain data that is sent to worker processes, which then need neither the
force-field files nor torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..geometry.carboxylate import terminal_oxygen
from .chemistry import CAPS, Chemistry, check_forms
from .config import PhysicsError
from .hydrogens import Hydrogens
from .platform import import_openmm, preparation_platform

if TYPE_CHECKING:
    from openmm import System, app

ANGSTROM_PER_NM = 10.0

ROUGH_CAP = np.array([[0.0, 0.0, 0.0], [1.4, 0.0, 0.0], [2.0, 1.1, 0.0]])
"""Positions of the atoms of an end group (Å), which only need to be apart from each other."""

COMPONENTS = ("bond", "angle", "torsion", "nonbonded", "solvation")
"""Contributions to an energy; the index in the tuple is the force group in OpenMM."""


@dataclass(frozen=True, eq=False)
class Molecule:
    """A protein of L residues and A atoms, with C end groups.

    Attributes
    ----------
    sequence : str
    system : str
        The OpenMM System as XML, without constraints; force groups as in ``COMPONENTS``.
    heavy, slots : arrays of int, shape (K,)
        Indices of the heavy atoms of a conformer, and their indices in the flattened (L + C, 14)
        array of residues and end groups.
    terminus : tuple of int
        CA, C, O and OXT of the last residue; empty if it is capped.
    hydrogens : Hydrogens
    names : tuple of A str
        PDB atom names.
    residue : array of int, shape (A,)
        Index of each atom's residue; an end group belongs to the residue that it is bonded to.
    """

    sequence: str
    system: str
    heavy: np.ndarray
    slots: np.ndarray
    terminus: tuple[int, ...]
    hydrogens: Hydrogens
    names: tuple[str, ...]
    residue: np.ndarray

    def all_atoms(self, atom14: np.ndarray) -> np.ndarray:
        """Compute the positions of all atoms (A, 3) from heavy atoms (L + C, 14, 3), both in Å.

        End groups follow the residues, with their atoms in the order of ``CAPS``.

        The terminal oxygen OXT is placed by :func:`terminal_oxygen`, hydrogens by
        :class:`Hydrogens`.
        """
        positions = np.full((len(self.residue), 3), np.nan)
        positions[self.heavy] = atom14.reshape(-1, 3)[self.slots]
        if self.terminus:
            *known, oxt = self.terminus
            positions[oxt] = terminal_oxygen(*positions[known])
        self.hydrogens.place(positions)
        return positions

    def at_heavy_atoms(self, positions: np.ndarray) -> np.ndarray:
        """Return positions (A, 3) with each atom that has none at the heavy atom that bears it.

        Bonds of length zero give a hydrogen, or the terminal oxygen, no direction.
        """
        bearers = np.arange(len(positions))
        bearers[self.hydrogens.atom] = self.hydrogens.parent
        if self.terminus:
            bearers[self.terminus[-1]] = self.terminus[1]
        return np.where(np.isfinite(positions), positions, positions[bearers])


@cache
def make_molecule(protein: str | Chemistry, force_field: tuple[str, ...]) -> Molecule:
    """Build a molecule; takes seconds, because OpenMM's Modeller adds hydrogens.

    Parameters
    ----------
    protein : str or Chemistry
        Chemical form, or a sequence in its standard form: reduced cysteines, neutral histidines
        with the proton on Nε, and charged termini.
    force_field : tuple of str
        OpenMM force-field files.

    Raises
    ------
    SequenceError
        If the sequence contains an unknown amino acid.
    PhysicsError
        If OpenMM cannot use the protein or the force field.
    """
    chemistry = Chemistry.standard(protein) if isinstance(protein, str) else protein
    sequence = chemistry.sequence
    topology, system = make_system(chemistry, force_field)
    for force in system.getForces():
        force.setForceGroup(COMPONENTS.index(_component(force)))

    atoms = list(topology.atoms())
    index = {(atom.residue.index, atom.name): atom.index for atom in atoms}
    slots = {
        index[number, name]: 14 * row + j
        for number, row, names in _rows(chemistry)
        for j, name in enumerate(names)
    }
    offset, last = int(bool(chemistry.start)), len(sequence) - 1
    ending = () if chemistry.end else ("CA", "C", "O", "OXT")
    return Molecule(
        sequence=sequence,
        system=import_openmm().XmlSerializer.serialize(system),
        heavy=np.array(list(slots)),
        slots=np.array(list(slots.values())),
        terminus=tuple(index[offset + last, name] for name in ending),
        hydrogens=_hydrogens(topology, system),
        names=tuple(atom.name for atom in atoms),
        residue=np.clip([atom.residue.index - offset for atom in atoms], 0, last),
    )


def make_system(
    chemistry: Chemistry, force_field: tuple[str, ...], **options: Any
) -> tuple[app.Topology, System]:
    """Build the topology of a protein with hydrogens, and its OpenMM System without a cutoff.

    Parameters
    ----------
    chemistry : Chemistry
    force_field : tuple of str
        OpenMM force-field files.
    options
        Further arguments of ``ForceField.createSystem``. Default: no constraints.

    Raises
    ------
    PhysicsError
        If OpenMM cannot use the protein or the force field.
    """
    app = _app()
    sequence = chemistry.sequence
    if len(sequence) + len(chemistry.caps) < 2:
        raise PhysicsError(
            f"The sequence {sequence} has a single residue, and the force field has none with two "
            "charged termini. Give two residues or more."
        )
    check_forms(chemistry)
    topology, positions = _heavy_atoms(chemistry)
    try:
        parameters = app.ForceField(*force_field)
        modeller = app.Modeller(topology, positions)
        modeller.addHydrogens(
            parameters, variants=_variants(chemistry), platform=preparation_platform()
        )
        given = {"constraints": None, "rigidWater": False, "removeCMMotion": False, **options}
        system = parameters.createSystem(modeller.topology, nonbondedMethod=app.NoCutoff, **given)
    except (ValueError, OSError) as error:
        raise PhysicsError(
            f"OpenMM cannot describe {sequence} with {', '.join(force_field)}: {error}. Choose a "
            "protein force field that comes with OpenMM."
        ) from error
    return modeller.topology, system


def _rows(chemistry: Chemistry) -> list[tuple[int, int, tuple[str, ...]]]:
    """List the residues and end groups along the chain.

    Each item holds the index in the chain, the row in the array of a conformer, and the names of
    the heavy atoms. The end groups follow the residues in the array.
    """
    from ..geometry.residues import LETTERS, NAMES, atom_names

    length = len(chemistry.residues)
    rows: list[tuple[int, tuple[str, ...]]] = [
        (row, atom_names()[NAMES[LETTERS.index(letter)]])
        for row, letter in enumerate(chemistry.sequence)
    ]
    caps = [(length + k, CAPS[name]) for k, name in enumerate(chemistry.caps)]
    split = int(bool(chemistry.start))
    along = [*caps[:split], *rows, *caps[split:]]
    return [(number, row, names) for number, (row, names) in enumerate(along)]


def _variants(chemistry: Chemistry) -> list[str | None]:
    """Return Modeller's names of the forms; None where there is only one."""
    from ..geometry.residues import NAMES

    # Modeller has no name for CYM, which has the hydrogens of CYX
    forms = [
        None if name in NAMES else "CYX" if name == "CYM" else name for name in chemistry.residues
    ]
    return [*([None] if chemistry.start else []), *forms, *([None] if chemistry.end else [])]


def _heavy_atoms(chemistry: Chemistry) -> tuple[app.Topology, np.ndarray]:
    """Build topology and rough positions (nm) of a chain, to which Modeller adds hydrogens."""
    import torch

    from ..geometry.atom14 import build_atom14
    from ..geometry.residues import LETTERS, NAMES, encode_sequence
    from ..geometry.rigid import Rigid

    app = _app()
    sequence = chemistry.sequence
    length = len(sequence)
    along_x = torch.arange(length)[:, None] * torch.tensor([3.8, 0.0, 0.0])
    frames = Rigid(torch.tensor([1.0, 0.0, 0.0, 0.0]).expand(length, 4), along_x)
    trans = torch.tensor([0.0, -1.0]).expand(length, 7, 2)
    atom14 = build_atom14(frames, trans, encode_sequence(sequence)).numpy()

    topology, positions, atoms = app.Topology(), [], {}
    chain = topology.addChain()
    for number, row, names in _rows(chemistry):
        if row < length:
            name, places = NAMES[LETTERS.index(sequence[row])], atom14[row]
        else:
            name = chemistry.caps[row - length]
            places = ROUGH_CAP + 3.8 * (number - bool(chemistry.start)) * np.eye(3)[0]
        residue = topology.addResidue(name, chain)
        for j, atom in enumerate(names):
            atoms[row, atom] = topology.addAtom(atom, app.Element.getBySymbol(atom[0]), residue)
            positions.append(places[j])
        if row == length - 1 and not chemistry.end:
            topology.addAtom("OXT", app.Element.getBySymbol("O"), residue)
            positions.append(atom14[-1, 3] + [0.0, 2.0, 0.0])
    topology.createStandardBonds()
    for i, j in chemistry.disulphides:
        topology.addBond(atoms[i, "SG"], atoms[j, "SG"])
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
