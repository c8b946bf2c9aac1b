"""Adding hydrogens, and removing clashes without changing the fold."""

from __future__ import annotations

from pathlib import Path

import mdtraj
import numpy as np
import pytest
import torch

pytest.importorskip("openmm")

import openmm
from openmm import app

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.ensembles.heavy_atoms import load_atom14
from confdiff_widgets.geometry.residues import LETTERS
from confdiff_widgets.physics import EnergyConfig
from confdiff_widgets.physics.all_atom import add_hydrogens, save_all_atoms
from confdiff_widgets.physics.evaluator import AllAtomEnergy, EnergyEvaluator

from .conftest import extended_chain


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


@pytest.mark.filterwarnings("error")  # none of NumPy reaches the user
def test_conformers_that_cannot_be_minimised_are_left_unchanged(ensemble, tmp_path):
    atoms = ensemble.atom14.clone()
    atoms[1] = 0  # all atoms at the origin
    atoms[2, 3, 0] = atoms[2, 3, 1]  # N on CA
    found = add_hydrogens(Ensemble(atoms, ensemble.sequence), minimise=True)
    assert found.failed == found.undirected == (1, 2)
    assert torch.equal(found.ensemble.atom14[1:], atoms[1:])
    assert (found.ensemble.atom14[0] - atoms[0])[:, 1].norm(dim=-1).max() < 0.5
    assert np.isfinite(found.trajectory.xyz).all()
    assert len(mdtraj.load(str(save_all_atoms(tmp_path / "all.pdb", found)[0]))) == 3


def test_collapsed_minimisations_have_failed(ensemble, monkeypatch):
    def collapse(self, positions):
        moved = positions.copy()
        moved[40] = moved[50] + 0.1
        return AllAtomEnergy(moved, np.zeros(5), np.zeros_like(moved))

    monkeypatch.setattr(EnergyEvaluator, "evaluate", collapse)
    found = add_hydrogens(ensemble, minimise=True)
    assert (found.failed, found.undirected) == ((0, 1, 2), ())
    torch.testing.assert_close(found.ensemble.atom14, ensemble.atom14, atol=1e-4, rtol=0)


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
    topology = mdtraj.load(str(tmp_path / "heavy.pdb")).topology
    assert topology.n_atoms == 93
    assert {atom.element.symbol for atom in topology.atoms} == {"C", "N", "O"}
    (path,) = save_all_atoms(tmp_path / "all.npz", completed)
    assert torch.equal(Ensemble.load(path).atom14, completed.ensemble.atom14)
    assert isinstance(path, Path)


def test_disulphide_bonds_are_kept(data_dir):
    loaded = load_atom14(data_dir / "bpti.pdb")
    found = add_hydrogens(Ensemble(loaded.positions, loaded.sequence))
    topology = found.trajectory.topology
    assert len(topology.select("name SG")) == 6
    assert len(topology.select("resname CYS and name HG")) == 0


@pytest.mark.slow
def test_disulphide_bonds_have_their_length(data_dir):
    loaded = load_atom14(data_dir / "bpti.pdb")
    ensemble = Ensemble(loaded.positions, loaded.sequence)
    found = add_hydrogens(ensemble, minimise=True, config=EnergyConfig(iterations=30))
    sulphurs = found.trajectory.topology.select("name SG")
    pairs = [(sulphurs[i], sulphurs[j]) for i, j in ((0, 5), (1, 3), (2, 4))]
    lengths = 10 * mdtraj.compute_distances(found.trajectory, pairs)
    np.testing.assert_allclose(lengths, 2.04, atol=0.05)


# --- files in OpenMM --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def force_field() -> app.ForceField:
    return app.ForceField(*EnergyConfig().force_field)


def reopen(path: Path, force_field: app.ForceField, *, complete: bool) -> app.Topology:
    """Open a file in OpenMM, add hydrogens if needed, and assign ff14SB to all atoms."""
    file = (app.PDBxFile if path.suffix == ".cif" else app.PDBFile)(str(path))
    model = app.Modeller(file.topology, file.positions)
    if not complete:
        cpu = openmm.Platform.getPlatformByName("CPU")
        model.addHydrogens(force_field, platform=cpu)
    force_field.createSystem(model.topology)
    return file.topology


@pytest.mark.parametrize("name", ["a.pdb", "a.cif", "a.xtc"])
@pytest.mark.parametrize("option", ["heavy", "hydrogens", "minimised heavy", "minimised hydrogens"])
def test_files_can_be_opened_in_openmm(ensemble, force_field, tmp_path, name, option):
    if option == "heavy":
        files = ensemble.save(tmp_path / name, heavy=True)
    else:
        found = add_hydrogens(ensemble, minimise="minimised" in option)
        files = save_all_atoms(tmp_path / name, found, hydrogens="hydrogens" in option)
    topology = reopen(files[-1], force_field, complete="hydrogens" in option)
    assert topology.getNumAtoms() == (166 if "hydrogens" in option else 93)
    names = [atom.name for atom in list(topology.residues())[-1].atoms()]
    assert "OXT" in names


@pytest.mark.parametrize("last", LETTERS)
def test_every_residue_can_be_the_last_one(force_field, tmp_path, last):
    sequence = LETTERS + last
    atoms = torch.from_numpy(extended_chain(sequence)).float()[None]
    (path,) = Ensemble(atoms, sequence).save(tmp_path / "a.pdb", heavy=True)
    reopen(path, force_field, complete=False)


def test_the_terminal_oxygen_completes_the_carboxylate(ensemble):
    trajectory = ensemble.trajectory(heavy=True)
    index = {(a.residue.index, a.name): a.index for a in trajectory.topology.atoms}
    c, o, oxt, ca = (index[9, name] for name in ("C", "O", "OXT", "CA"))
    pairs = 10 * mdtraj.compute_distances(trajectory, [(c, oxt), (o, oxt), (ca, oxt)])
    np.testing.assert_allclose(pairs[:, 0], 1.25, atol=1e-3)
    assert ((pairs[:, 1] > 2.1) & (pairs[:, 1] < 2.3)).all()
    assert ((pairs[:, 2] > 2.2) & (pairs[:, 2] < 2.5)).all()


def test_collapsed_atoms_have_a_finite_terminal_oxygen(ensemble):
    nothing = Ensemble(ensemble.atom14 * 0, ensemble.sequence)
    assert np.isfinite(nothing.trajectory(heavy=True).xyz).all()
