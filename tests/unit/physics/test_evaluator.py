"""Energies and forces against OpenMM, finite differences and symmetries."""

from __future__ import annotations

import numpy as np
import openmm
import pytest
from openmm import app
from scipy.spatial.transform import Rotation

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.physics import COMPONENTS, EnergyConfig
from confdiff_widgets.physics.evaluator import ALL_GROUPS

KJ = 4.184


@pytest.fixture(scope="module")
def reference(data_dir) -> app.PDBFile:
    """Return chignolin with the hydrogens of an MD frame."""
    return app.PDBFile(str(data_dir / "chignolin_all_atoms.pdb"))


def test_energy_and_forces_equal_those_of_openmm(reference, raw, chignolin):
    """Equal for the same atoms, although the atom order differs."""
    system = app.ForceField(*EnergyConfig().force_field).createSystem(
        reference.topology, constraints=None
    )
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(reference.positions)
    state = context.getState(energy=True, forces=True)

    theirs = {(atom.residue.index, atom.name): atom.index for atom in reference.topology.atoms()}
    order = [theirs[i, name] for i, name in zip(chignolin.residue, chignolin.names, strict=True)]
    assert sorted(order) == list(range(reference.topology.getNumAtoms()))
    positions = reference.getPositions(asNumpy=True)._value * 10
    found = raw.evaluate(positions[order])
    assert found.components.sum() == pytest.approx(state.getPotentialEnergy()._value / KJ, rel=1e-6)
    expected = state.getForces(asNumpy=True)._value[order] / KJ / 10
    np.testing.assert_allclose(found.forces, expected, atol=1e-3)  # the order of impropers differs


def test_forces_on_atoms_are_finite_differences(raw, chignolin, conformers):
    positions = chignolin.all_atoms(conformers[0])
    forces = raw.evaluate(positions).forces
    rng = np.random.default_rng(0)
    for _ in range(3):
        direction = rng.standard_normal(positions.shape)
        step = 1e-5 * direction
        ahead, behind = (raw.evaluate(positions + s).components.sum() for s in (step, -step))
        assert (ahead - behind) / 2e-5 == pytest.approx(-(forces * direction).sum(), rel=1e-4)


def test_ca_force_is_that_of_moving_the_whole_residue(raw, chignolin, conformers):
    positions = chignolin.all_atoms(conformers[0])
    result = raw("folded", conformers[0])
    for residue, axis in ((0, 0), (4, 1), (9, 2)):
        step = np.zeros_like(positions)
        step[chignolin.residue == residue, axis] = 1e-5
        ahead, behind = (raw.evaluate(positions + s).components.sum() for s in (step, -step))
        assert result.ca_forces[residue, axis] == pytest.approx(-(ahead - behind) / 2e-5, rel=1e-4)


@pytest.mark.parametrize("minimise", [False, True])
def test_rotation_and_translation(evaluator, conformers, minimise):
    """The energy is invariant and forces rotate along, also after a minimisation."""
    compute = evaluator(minimise=minimise, platform="CPU")
    turn = Rotation.random(random_state=1).as_matrix()
    here = compute("here", conformers[1])
    there = compute("there", conformers[1] @ turn.T + [3.0, -20.0, 7.0])
    assert there.energy == pytest.approx(here.energy, abs=1.0 if minimise else 0.01)
    tolerance = 2.0 if minimise else 0.05
    np.testing.assert_allclose(there.ca_forces, here.ca_forces @ turn.T, atol=tolerance)


def test_components_sum_to_the_energy(raw, conformers):
    result = raw("folded", conformers[0])
    assert tuple(result.components) == COMPONENTS
    assert sum(result.components.values()) == pytest.approx(result.energy)
    assert result.components["solvation"] < 0 < result.components["bond"]
    np.testing.assert_allclose(result.ca_forces.sum(0), 0, atol=1e-6)  # no net force


def test_minimisation_lowers_the_energy_and_keeps_the_conformation(evaluator, raw, conformers):
    compute = evaluator(minimise=True, platform="CPU")
    before = compute.molecule.all_atoms(conformers[0])
    after = compute.evaluate(before)
    assert after.components.sum() < raw("raw", conformers[0]).energy - 50
    heavy = compute.molecule.heavy
    moved = np.linalg.norm(after.positions[heavy] - before[heavy], axis=-1)
    assert np.sqrt((moved**2).mean()) < 0.15


def test_energy_and_forces_exclude_the_restraint(evaluator, raw, conformers):
    """An evaluator without a restraint gives the same numbers for the same positions."""
    compute = evaluator(minimise=True, iterations=20)
    found = compute.evaluate(compute.molecule.all_atoms(conformers[0]))
    again = raw.evaluate(found.positions)
    np.testing.assert_allclose(found.components, again.components, rtol=1e-6)
    np.testing.assert_allclose(found.forces, again.forces, atol=1e-4)
    with_restraint = compute._context.getState(energy=True, groups=ALL_GROUPS)
    assert with_restraint.getPotentialEnergy()._value / KJ > found.components.sum() + 1


def test_forces_after_the_minimisation_balance_the_restraint(evaluator, conformers):
    """F = k d on heavy atoms; including the restraint would make these forces zero."""
    compute = evaluator(minimise=True, iterations=1000)
    before = compute.molecule.all_atoms(conformers[2])
    after = compute.evaluate(before)
    heavy = compute.molecule.heavy
    balance = compute.config.restraint * (after.positions - before)[heavy]
    assert np.abs(balance).max() > 1
    np.testing.assert_allclose(after.forces[heavy], balance, atol=2.0)


def test_coinciding_atoms_are_reported(raw, conformers):
    broken = conformers[0].copy()
    broken[5, 1] = broken[2, 4]
    broken[7] = 0
    result = raw("broken", broken)
    assert np.isnan(result.energy)
    assert np.isnan(result.ca_forces).all()
    assert result.reason


def test_collapse_onto_a_hydrogen_is_reported(evaluator, data_dir):
    """Displacements of 10⁻³ Å decide whether this conformer ends at -330 or -1,880,000 kcal/mol."""
    compute, clashing = (
        evaluator(minimise=True, platform="CPU"),
        np.load(data_dir / "collapsing.npy"),
    )
    noise = np.random.default_rng(0).normal(0, 1e-3, (8, *clashing.shape))
    results = [compute(k, clashing + shift) for k, shift in enumerate(noise)]
    collapsed = [r for r in results if np.isnan(r.energy)]
    assert collapsed
    assert all("collapsed onto each other" in str(r.reason) for r in collapsed)
    assert all(-500 < r.energy < 0 for r in results if r not in collapsed)


@pytest.mark.parametrize("wrong", [{"restraint": np.nan}, {"restraint": -1}, {"iterations": 0}])
def test_invalid_settings_are_rejected(wrong):
    with pytest.raises(SettingsError, match="Give"):
        EnergyConfig(**wrong)
