"""Systems of the protocol, and starting structures."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.physics import PhysicsError
from confdiff_widgets.physics.chemistry import Chemistry
from confdiff_widgets.physics.dynamics.extended_chain import extended_chain
from confdiff_widgets.physics.dynamics.simulated_protein import (
    Stereochemistry,
    prepare,
)


@pytest.fixture(scope="module")
def peptide():
    """A chain with glycine, proline, and residues with two chiral centres."""
    return prepare(Chemistry.standard("GPIT"), extended_chain("GPIT"), "CPU")


def test_the_system_has_the_protocol(peptide):
    system = peptide.system
    atoms = list(peptide.topology.atoms())
    hydrogens = {atom.index for atom in atoms if atom.element.symbol == "H"}
    masses = [system.getParticleMass(i)._value for i in range(system.getNumParticles())]
    assert {round(masses[i], 6) for i in hydrogens} == {3.0}
    total = sum(atom.element.mass._value for atom in atoms)
    assert sum(masses) == pytest.approx(total, rel=1e-4)
    assert system.getNumConstraints() == len(hydrogens)
    assert {force.getName() for force in system.getForces()} == {
        "HarmonicBondForce", "HarmonicAngleForce", "PeriodicTorsionForce", "NonbondedForce",
        "CustomGBForce", "CMMotionRemover",
    }  # fmt: skip
    assert not system.usesPeriodicBoundaryConditions()


def test_built_chains_keep_their_stereochemistry_when_minimised(peptide):
    stereochemistry = Stereochemistry(peptide.topology)
    positions = peptide.positions
    assert stereochemistry.inverted(positions) == []
    assert stereochemistry.cis(positions) == []
    assert stereochemistry.inverted(positions * [1, 1, -1]) == ["PRO2", "ILE3", "THR4"]


def test_cis_peptides_are_found(peptide):
    """Rotate all atoms before a peptide bond by half a turn about it."""
    atoms = {(a.residue.index, a.name): a.index for a in peptide.topology.atoms()}
    positions = peptide.positions.copy()
    c, n = positions[atoms[1, "C"]], positions[atoms[2, "N"]]
    axis = (n - c) / np.linalg.norm(n - c)
    first = [a.index for a in peptide.topology.atoms() if a.residue.index < 2]
    shifted = positions[first] - c
    positions[first] = c + 2 * (shifted @ axis)[:, None] * axis - shifted
    assert Stereochemistry(peptide.topology).cis(positions) == ["ILE3"]


def test_structures_of_d_residues_are_refused():
    mirrored = extended_chain("GPIT") * [1, 1, -1]
    with pytest.raises(PhysicsError, match="the D configuration in PRO2, ILE3, THR4"):
        prepare(Chemistry.standard("GPIT"), mirrored, "CPU")


def test_clashing_structures_are_refused():
    atoms = extended_chain("GPIT")
    atoms[2] = atoms[1]
    with pytest.raises(PhysicsError, match=r"cannot be minimised|D configuration"):
        prepare(Chemistry.standard("GPIT"), atoms, "CPU")
