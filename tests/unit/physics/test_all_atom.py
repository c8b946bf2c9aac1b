"""Adding hydrogens, and removing clashes without changing the fold."""

from __future__ import annotations

from pathlib import Path

import mdtraj
import numpy as np
import pytest
import torch

pytest.importorskip("openmm")

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.physics.all_atom import add_hydrogens, save_all_atoms


@pytest.fixture(scope="module")
def ensemble(chignolin_heavy) -> Ensemble:
    return Ensemble(chignolin_heavy.atom14.positions[:3].float(), chignolin_heavy.atom14.sequence)


@pytest.fixture(scope="module")
def completed(ensemble):
    return add_hydrogens(ensemble)


def test_hydrogens_are_next_to_heavy_atoms_of_their_residue(completed, ensemble):
    topology = completed.trajectory.topology
    assert (completed.trajectory.n_frames, topology.n_atoms) == (3, 166)
    assert sum(atom.element.symbol == "H" for atom in topology.atoms) == 73
    assert [residue.name for residue in topology.residues][:4] == ["TYR", "TYR", "ASP", "PRO"]
    for atom in topology.atoms:
        if atom.element.symbol == "H":
            heavy = [a.index for a in atom.residue.atoms if a.element.symbol != "H"]
            distance = np.linalg.norm(
                completed.trajectory.xyz[:, heavy] - completed.trajectory.xyz[:, [atom.index]],
                axis=-1,
            )
            assert distance.min(1).max() < 0.14  # nm; S-H is the longest
    torch.testing.assert_close(completed.ensemble.atom14, ensemble.atom14, atol=1e-4, rtol=0)
    assert completed.failed == ()


@pytest.fixture(scope="module")
def clashing(ensemble) -> Ensemble:
    """Return a conformer with a side chain that overlaps another residue."""
    atoms = ensemble.atom14[:1].clone()
    ring = slice(5, 12)
    atoms[0, 1, ring] += 0.9 * (atoms[0, 8, 5] - atoms[0, 1, 8])
    return Ensemble(atoms, ensemble.sequence)


def shortest_distance(trajectory: mdtraj.Trajectory) -> float:
    """Return the shortest heavy-atom distance between non-adjacent residues, Å."""
    heavy = [a for a in trajectory.topology.atoms if a.element.symbol != "H"]
    pairs = [
        (a.index, b.index)
        for i, a in enumerate(heavy)
        for b in heavy[i + 1 :]
        if abs(a.residue.index - b.residue.index) > 1
    ]
    return 10 * float(mdtraj.compute_distances(trajectory, pairs).min())


def test_minimisation_removes_clashes(clashing):
    before, after = add_hydrogens(clashing), add_hydrogens(clashing, minimise=True)
    assert shortest_distance(before.trajectory) < 1.5
    assert shortest_distance(after.trajectory) > 2.4
    moved = (after.ensemble.atom14 - clashing.atom14)[0, :, 1].norm(dim=-1)
    assert moved.max() < 1.0  # Å; the fold is unchanged
    assert after.ensemble.settings["minimised"] and after.failed == ()


def test_conformers_that_cannot_be_minimised_are_left_unchanged(ensemble):
    atoms = ensemble.atom14.clone()
    atoms[1] = 0  # all atoms at the origin
    found = add_hydrogens(Ensemble(atoms, ensemble.sequence), minimise=True)
    assert found.failed == (1,)
    assert torch.equal(found.ensemble.atom14[1], atoms[1])
    assert (found.ensemble.atom14[0] - atoms[0])[:, 1].norm(dim=-1).max() < 0.5


@pytest.mark.parametrize("suffix", [".pdb", ".cif", ".xtc"])
def test_files_round_trip(completed, tmp_path, suffix):
    files = save_all_atoms(tmp_path / f"all{suffix}", completed)
    top = {"top": str(files[1])} if suffix == ".xtc" else {}
    back = mdtraj.load(str(files[0]), **top)
    assert back.n_atoms == 166
    np.testing.assert_allclose(back.xyz, completed.trajectory.xyz, atol=2e-3)
    assert [a.name for a in back.topology.atoms] == [
        a.name for a in completed.trajectory.topology.atoms
    ]


def test_heavy_atoms_only(completed, tmp_path):
    save_all_atoms(tmp_path / "heavy.pdb", completed, hydrogens=False)
    assert mdtraj.load(str(tmp_path / "heavy.pdb")).n_atoms == 92
    (path,) = save_all_atoms(tmp_path / "all.npz", completed)
    assert torch.equal(Ensemble.load(path).atom14, completed.ensemble.atom14)
    assert isinstance(path, Path)
