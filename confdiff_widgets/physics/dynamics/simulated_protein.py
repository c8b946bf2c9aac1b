"""The protein of a simulation: OpenMM topology and System, and its minimised structure."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...analysis.local_geometry import dihedral
from ..chemistry import Chemistry
from ..config import EnergyConfig, PhysicsError
from ..evaluator import MIN_DISTANCE, TOLERANCE, EnergyEvaluator, shortest_distance
from ..molecule import ANGSTROM_PER_NM, make_molecule, make_system
from ..platform import PROPERTIES, import_openmm
from .config import FORCE_FIELD, HYDROGEN_MASS

if TYPE_CHECKING:
    from openmm import System, app

MINIMISATION = 1000
"""Largest number of iterations."""


@dataclass(frozen=True, eq=False)
class SimulatedProtein:
    """A protein of A atoms.

    Attributes
    ----------
    topology : openmm.app.Topology
    system : openmm.System
        With constrained bonds to hydrogen and hydrogens of 3 amu.
    positions : array, shape (A, 3)
        Minimised structure, nm.
    """

    topology: app.Topology
    system: System
    positions: NDArray[np.float64]

    def to_pdb(self) -> str:
        """Return the structure as the text of a PDB file."""
        import_openmm()
        from openmm.app import PDBFile

        text = StringIO()
        PDBFile.writeFile(self.topology, self.positions * ANGSTROM_PER_NM, text)
        return text.getvalue()


def prepare(chemistry: Chemistry, atom14: NDArray[np.float64], platform: str) -> SimulatedProtein:
    """Build a protein and minimise it.

    Parameters
    ----------
    chemistry : Chemistry
    atom14 : array, shape (L + C, 14, 3)
        Heavy atoms of residues and end groups, Å.
    platform : str
        OpenMM platform.

    Raises
    ------
    PhysicsError
        If the force field cannot describe the protein, or its atoms clash too much.
    """
    openmm = import_openmm()
    from openmm.app import HBonds

    molecule = make_molecule(chemistry, FORCE_FIELD)
    topology, system = make_system(
        chemistry,
        FORCE_FIELD,
        constraints=HBonds,
        hydrogenMass=HYDROGEN_MASS,
        removeCMMotion=True,
    )
    config = EnergyConfig(force_field=FORCE_FIELD, platform=platform)
    try:
        rough = EnergyEvaluator(molecule, config).evaluate(molecule.all_atoms(atom14)).positions
        context = openmm.Context(
            system,
            openmm.VerletIntegrator(0.001),  # required by a context; never steps
            openmm.Platform.getPlatformByName(platform),
            PROPERTIES[platform],
        )
        context.setPositions(rough / ANGSTROM_PER_NM)
        openmm.LocalEnergyMinimizer.minimize(context, TOLERANCE, MINIMISATION)
    except openmm.OpenMMException as error:
        raise _clashes(f"OpenMM: {error}") from error
    state = context.getState(positions=True, energy=True)
    positions = state.getPositions(asNumpy=True)._value.copy()
    if not np.isfinite(state.getPotentialEnergy()._value):
        raise _clashes("its energy is not finite")
    if shortest_distance(positions * ANGSTROM_PER_NM) < MIN_DISTANCE:
        raise _clashes("atoms collapsed onto each other")
    inverted = Stereochemistry(topology).inverted(positions)
    if inverted:
        listed = f"{', '.join(inverted[:5])}{' and others' if len(inverted) > 5 else ''}"
        raise PhysicsError(
            f"The starting structure has the D configuration in {listed}. Give a structure of L "
            "residues."
        )
    return SimulatedProtein(topology, system, positions)


def _clashes(reason: str) -> PhysicsError:
    return PhysicsError(
        f"The starting structure cannot be minimised ({reason}). Give a structure without clashes."
    )


class Stereochemistry:
    """Chirality of CA atoms and configuration of peptide bonds of a protein.

    Parameters
    ----------
    topology : openmm.app.Topology
    """

    def __init__(self, topology: app.Topology):
        residues = [
            (f"{residue.name}{number}", {atom.name: atom.index for atom in residue.atoms()})
            for number, residue in enumerate(topology.residues(), start=1)
        ]
        self._chiral = [(name, [atoms[a] for a in ("CA", "N", "C", "CB")])
                        for name, atoms in residues if "CB" in atoms]  # fmt: skip
        self._peptides = [
            (name, [before["CA"], before["C"], atoms["N"], atoms["CA"]])
            for (_, before), (name, atoms) in pairwise(residues)
            if "CA" in before and "CA" in atoms
        ]

    def inverted(self, positions: NDArray[np.float64]) -> list[str]:
        """Return the residues of the D configuration in positions (A, 3)."""
        found = []
        for name, atoms in self._chiral:
            ca, n, c, cb = positions[atoms]
            if np.dot(n - ca, np.cross(c - ca, cb - ca)) < 0:
                found.append(name)
        return found

    def cis(self, positions: NDArray[np.float64]) -> list[str]:
        """Return the residues after a cis peptide bond in positions (A, 3)."""
        return [name for name, atoms in self._peptides if abs(dihedral(*positions[atoms])) < 90]
