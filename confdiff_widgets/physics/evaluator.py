"""Energies and forces of conformers in this process, one after the other."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from .config import EnergyConfig
from .molecule import ANGSTROM_PER_NM, COMPONENTS, Molecule
from .platform import PROPERTIES, import_openmm

if TYPE_CHECKING:
    from openmm import CustomExternalForce

KJ_PER_KCAL = 4.184
RESTRAINT_GROUP = 31
EVERYTHING = {*range(len(COMPONENTS)), RESTRAINT_GROUP}
WITHOUT_SOLVENT = EVERYTHING - {COMPONENTS.index("solvation")}
"""Minimised first: iterations cost a twentieth, and hydroxyls find their partners in them. For 50
frames of chignolin's molecular dynamics, energies with rebuilt hydrogens then correlate with those
of the true ones by 0.95, otherwise by 0.79."""

COLLAPSED = 0.6
"""Å between two atoms after a minimisation, below which a polar hydrogen, which has no repulsion of
its own in Amber, has fallen into another atom; bonds to hydrogen are 0.96 Å and longer."""

TOLERANCE = 10.0
"""The minimisation ends at this root-mean-square force, kJ/mol/nm (OpenMM's default)."""


@dataclass(frozen=True, eq=False)
class EnergyResult:
    """The energy of one conformer.

    Attributes
    ----------
    key : hashable
        What the caller calls the conformer.
    energy : float
        Potential energy, kcal/mol; NaN if it could not be computed.
    components : dict of str to float
        Its parts: bond, angle, torsion, nonbonded, solvation; kcal/mol.
    ca_forces : array, shape (L, 3)
        Force on each residue, kcal/mol/Å: the sum over all its atoms. It is −∂U/∂T of the
        translation T (the CA) of a residue that moves as a whole, as a backbone frame does.
    reason : str or None
        Why the energy is NaN.
    """

    key: Hashable
    energy: float
    components: dict[str, float] = field(repr=False)
    ca_forces: np.ndarray = field(repr=False)
    reason: str | None = None

    @classmethod
    def failed(cls, key: Hashable, length: int, reason: str) -> EnergyResult:
        """NaN for a conformer of ``length`` residues, and why."""
        components = dict.fromkeys(COMPONENTS, np.nan)
        return cls(key, np.nan, components, np.full((length, 3), np.nan), reason)


class Evaluation(NamedTuple):
    """Energy and forces of A atoms."""

    positions: np.ndarray  # (A, 3) Å, after the minimisation if there is one
    components: np.ndarray  # in the order of COMPONENTS, kcal/mol
    forces: np.ndarray  # (A, 3) kcal/mol/Å


class EnergyEvaluator:
    """Keeps an OpenMM context for a molecule.

    Parameters
    ----------
    molecule : Molecule
    config : EnergyConfig
        Its platform must exist; :func:`choose_platform` finds one.
    """

    def __init__(self, molecule: Molecule, config: EnergyConfig):
        openmm = import_openmm()
        self.molecule, self.config = molecule, config
        system = openmm.XmlSerializer.deserialize(molecule.system)
        if config.minimise:
            self._restraint = _restraint(molecule, config)
            system.addForce(self._restraint)
        self._context = openmm.Context(
            system,
            openmm.VerletIntegrator(0.001),  # never steps, but a context wants one
            openmm.Platform.getPlatformByName(config.platform),
            PROPERTIES[config.platform],
        )

    def __call__(self, key: Hashable, atom14: np.ndarray) -> EnergyResult:
        """Energy of heavy atoms (L, 14, 3) in Å; places that a residue lacks are ignored."""
        openmm = import_openmm()
        length = len(self.molecule.sequence)
        with np.errstate(all="ignore"):
            positions = self.molecule.all_atoms(np.asarray(atom14, dtype=np.float64))
        if not np.isfinite(positions).all():
            return EnergyResult.failed(key, length, "coordinates are not finite, or atoms coincide")
        try:
            found = self.evaluate(positions)
        except openmm.OpenMMException as error:
            return EnergyResult.failed(key, length, f"OpenMM: {error}")
        if not (np.isfinite(found.components).all() and np.isfinite(found.forces).all()):
            return EnergyResult.failed(key, length, "the energy overflows: atoms (nearly) coincide")
        if self.config.minimise and _closest(found.positions) < COLLAPSED:
            reason = "atoms clash so much that they fell into one another in the minimisation"
            return EnergyResult.failed(key, length, reason)
        ca_forces = np.zeros((length, 3))
        np.add.at(ca_forces, self.molecule.residue, found.forces)
        components = dict(zip(COMPONENTS, found.components.tolist(), strict=True))
        return EnergyResult(key, float(found.components.sum()), components, ca_forces)

    def evaluate(self, positions: np.ndarray) -> Evaluation:
        """Energy and forces of all atoms (A, 3) in Å, minimised first if the settings say so."""
        self._context.setPositions(positions / ANGSTROM_PER_NM)
        if self.config.minimise:
            self._minimise(positions)
        components, forces = [], np.zeros_like(positions)
        for group in range(len(COMPONENTS)):
            state = self._context.getState(
                positions=True, energy=True, forces=True, groups=1 << group
            )
            components.append(state.getPotentialEnergy()._value / KJ_PER_KCAL)
            forces += state.getForces(asNumpy=True)._value / KJ_PER_KCAL / ANGSTROM_PER_NM
        final = state.getPositions(asNumpy=True)._value * ANGSTROM_PER_NM
        return Evaluation(final, np.array(components), forces)

    def _minimise(self, positions: np.ndarray) -> None:
        for particle, atom in enumerate(self.molecule.heavy.tolist()):
            place = positions[atom] / ANGSTROM_PER_NM
            self._restraint.setParticleParameters(particle, atom, place)
        self._restraint.updateParametersInContext(self._context)
        integrator = self._context.getIntegrator()
        for groups in (WITHOUT_SOLVENT, EVERYTHING):
            integrator.setIntegrationForceGroups(groups)
            import_openmm().LocalEnergyMinimizer.minimize(
                self._context, TOLERANCE, self.config.iterations
            )


def _closest(positions: np.ndarray) -> float:
    """The least distance between two atoms."""
    return float(cKDTree(positions).query(positions, k=2)[0][:, 1].min())


def _restraint(molecule: Molecule, config: EnergyConfig) -> CustomExternalForce:
    """Springs of the heavy atoms to places that each conformer sets."""
    spring = config.restraint * KJ_PER_KCAL * ANGSTROM_PER_NM**2
    force = import_openmm().CustomExternalForce(
        f"0.5 * {spring} * ((x - x0)^2 + (y - y0)^2 + (z - z0)^2)"
    )
    force.setForceGroup(RESTRAINT_GROUP)
    for name in ("x0", "y0", "z0"):
        force.addPerParticleParameter(name)
    for atom in molecule.heavy.tolist():
        force.addParticle(atom, (0.0, 0.0, 0.0))
    return force
