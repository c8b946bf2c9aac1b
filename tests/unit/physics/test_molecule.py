"""Rebuilding hydrogens and the terminal oxygen from heavy atoms."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.geometry.residues import LETTERS
from confdiff_widgets.physics import EnergyConfig, EnergyEvaluator, PhysicsError, make_molecule

from .conftest import extended_chain

QUICK = EnergyConfig(platform="CPU", iterations=50)
FORCE_FIELD = QUICK.force_field


def test_hydrogens_match_molecular_dynamics(trpcage):
    """Compares hydrogens whose position does not depend on a rotatable bond."""
    sequence, heavy, _ = trpcage.atom14
    molecule = make_molecule(sequence, FORCE_FIELD)
    topology = trpcage.mdtraj.topology
    theirs = {(atom.residue.index, atom.name): atom.index for atom in topology.atoms}
    order = [theirs[i, name] for i, name in zip(molecule.residue, molecule.names, strict=True)]
    names = np.array(molecule.names)
    fixed = np.flatnonzero(np.isin(names, ["H", "HA", "HE1", "HD1"]) & (molecule.residue > 0))
    assert len(fixed) > 30
    for frame in range(len(heavy)):
        truth = 10 * trpcage.mdtraj.xyz[frame, order]
        rebuilt = molecule.all_atoms(heavy[frame].double().numpy())
        error = np.linalg.norm((rebuilt - truth)[fixed], axis=-1)
        assert np.sqrt((error**2).mean()) < 0.25  # bond angles fluctuate by 10° at 340 K
        np.testing.assert_allclose(rebuilt[molecule.heavy], truth[molecule.heavy], atol=1e-4)


def test_the_terminal_oxygen_lies_in_the_carboxylate_plane(chignolin, conformers):
    ca, c, o, oxt = (chignolin.all_atoms(conformers[0])[i] for i in chignolin.terminus)
    assert np.linalg.norm(oxt - c) == pytest.approx(1.25)
    plane = np.cross(ca - c, o - c)
    assert (oxt - c) @ plane / np.linalg.norm(plane) == pytest.approx(0, abs=1e-9)
    assert np.linalg.norm(oxt - o) > 2.1


def test_rebuilding_is_deterministic(chignolin, conformers):
    first, second = (chignolin.all_atoms(conformers[3]) for _ in range(2))
    assert (first == second).all()


def test_every_residue_type_can_be_built():
    molecule = make_molecule(LETTERS, FORCE_FIELD)
    result = EnergyEvaluator(molecule, QUICK)("all", extended_chain(LETTERS))
    assert result.reason is None
    assert -2000 < result.energy < 0
    assert np.abs(result.ca_forces).max() < 100


@pytest.mark.slow
@pytest.mark.parametrize("letter", LETTERS)
def test_every_residue_type_can_be_terminal(letter):
    sequence = letter + "A" + letter
    molecule = make_molecule(sequence, FORCE_FIELD)
    result = EnergyEvaluator(molecule, QUICK)("ends", extended_chain(sequence))
    assert result.reason is None


def test_invalid_input_is_rejected():
    with pytest.raises(PhysicsError, match="two residues"):
        make_molecule("Y", FORCE_FIELD)
    with pytest.raises(PhysicsError, match=r"nowhere\.xml"):
        make_molecule("YY", ("nowhere.xml",))
    with pytest.raises(PhysicsError, match="residue"):  # a force field of water only
        make_molecule("YY", ("amber14/tip3p.xml",))
    with pytest.raises(PhysicsError, match="has 100000 residues"):
        make_molecule("A" * 100_000, FORCE_FIELD)
