"""Recovery of five states of a protein of 58 residues, from different file formats."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import mdtraj
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from confdiff_widgets.analysis import state_recovery
from confdiff_widgets.ensembles import read_ensemble
from confdiff_widgets.geometry.structure import StructureError, topology_of
from confdiff_widgets.reports import Target, evaluate_recovery, read_states

BPTI = "RPDFCLEPPYTGPCKARIIRYFYNAKAGLCQTFVYGGCRAKRNNFKSAEDCMRTCGGA"
NOISE = 0.2
"""Standard deviation of each coordinate about its state (Å)."""


def fold(seed: int) -> np.ndarray:
    """Return a smooth chain of CA atoms 3.8 Å apart, (58, 3)."""
    rng = np.random.default_rng(seed)
    axis, step = rng.normal(size=3), np.array([3.8, 0.0, 0.0])
    steps = []
    for _ in BPTI:
        axis += 0.5 * rng.normal(size=3)
        unit = axis / np.linalg.norm(axis)
        turned = step * np.cos(0.9) + np.cross(unit, step) * np.sin(0.9)
        step = turned + unit * (unit @ step) * (1 - np.cos(0.9))
        steps.append(step)
    return np.cumsum(steps, axis=0)


def whole(ca: np.ndarray) -> mdtraj.Trajectory:
    """Add N, C and O to CA positions (N, 58, 3) in Å."""
    atoms = ca[:, :, None] + np.array([[-1.2, 0.4, 0.3], [0, 0, 0], [1.2, 0.4, 0.3], [1.4, 1.6, 0]])
    return mdtraj.Trajectory(atoms.reshape(len(ca), -1, 3) / 10, topology_of(BPTI))


def only_ca(trajectory: mdtraj.Trajectory) -> mdtraj.Trajectory:
    return trajectory.atom_slice(trajectory.topology.select("name CA"))


@pytest.fixture(scope="module")
def states() -> np.ndarray:
    return np.stack([fold(seed) for seed in range(5)])


@pytest.fixture
def folder(tmp_path, states, monkeypatch) -> Path:
    """Files of the states, of samples of the first three and of a trajectory through all five."""
    monkeypatch.chdir(tmp_path)
    structures = [whole(state[None]) for state in states]
    structures[0].save_pdb("s1.pdb")
    structures[1].save_cif("s2.cif")
    only_ca(structures[2]).save_pdb("s3.pdb")
    only_ca(structures[3]).save_cif("s4.cif")
    crowded(structures[4]).save_pdb("s5.pdb")
    rng = np.random.default_rng(9)
    samples = np.repeat(states[:3], 20, axis=0)
    only_ca(whole(samples + NOISE * rng.normal(size=samples.shape))).save_pdb("samples.pdb")
    path = states[np.repeat(rng.permutation(np.arange(50) % 5), 10)]
    run = whole(path + NOISE * rng.normal(size=path.shape))
    run.time = 10.0 * np.arange(len(run))
    run.save_xtc("md.xtc")
    structures[0].save_pdb("md.pdb")
    return tmp_path


def crowded(structure: mdtraj.Trajectory) -> mdtraj.Trajectory:
    """Add a second chain, a sulphate and water."""
    peptide = mdtraj.Trajectory(np.ones((1, 20, 3)), topology_of("GAVLI"))
    hetero = mdtraj.Topology()
    chain = hetero.add_chain()
    sulphate = hetero.add_residue("SO4", chain)
    hetero.add_atom("S", mdtraj.element.sulfur, sulphate)
    for number in range(4):
        hetero.add_atom(f"O{number + 1}", mdtraj.element.oxygen, sulphate)
    hetero.add_atom("O", mdtraj.element.oxygen, hetero.add_residue("HOH", chain))
    return structure.stack(peptide).stack(mdtraj.Trajectory(np.zeros((1, 6, 3)), hetero))


FILES = ["s1.pdb", "s2.cif", "s3.pdb", "s4.cif", "s5.pdb"]
NAMED = [part for file in FILES for part in ("--states", file)]


def rmsd_by_scipy(states: np.ndarray) -> np.ndarray:
    """Return the RMSD of each sample to each state (Å)."""
    samples = 10 * mdtraj.load("samples.pdb").xyz
    x, y = (ca - ca.mean(axis=1, keepdims=True) for ca in (samples, states))
    distance = [[Rotation.align_vectors(a, b)[1] for b in y] for a in x]
    return np.array(distance) / np.sqrt(len(BPTI))


def test_recovery_in_python(folder, states):
    known = read_states(FILES, BPTI)
    assert known.names == ("s1", "s2", "s3", "s4", "s5") and known.notes == ()
    np.testing.assert_allclose(known.ca, states, atol=0.011)
    samples = read_ensemble("samples.pdb", sequence=BPTI)
    found = evaluate_recovery([samples], known, BPTI, covered=2.0).recoveries[0]
    expected = rmsd_by_scipy(states)
    np.testing.assert_allclose(found.rmsd, expected, atol=0.01)
    assert found.rmsd_ens == pytest.approx(expected.min(axis=0).mean(), abs=0.01)
    assert found.covered.tolist() == [True, True, True, False, False]
    assert found.coverage == pytest.approx(0.6)
    assert found.hardest == expected.min(axis=0).argmax()
    assert (np.diff(found.ensemble) <= 0).all() and found.sizes.tolist() == [
        1,
        2,
        5,
        10,
        20,
        50,
        60,
    ]
    plain = state_recovery(samples.ca, known.ca, names=known.names)
    np.testing.assert_allclose(plain.best, found.best, atol=1e-9)


def test_recovery_with_a_reference(confdiff, folder, states):
    result = confdiff(
        "evaluate", "samples.pdb", "--reference", "md.xtc", "--topology", "md.pdb", *NAMED
    )
    assert result.exit_code == 0, result.stderr
    found = json.loads(Path("evaluation.json").read_text())
    best = found["ensembles"][0]["recovery"]["best"][-1]
    np.testing.assert_allclose(best, rmsd_by_scipy(states).min(axis=0), atol=0.01)
    assert found["recovery_floor"]["coverage"] == 1.0, "molecular dynamics was in all five"
    assert "Hardest state: s" in Path("evaluation.html").read_text()
    assert "RMSDens" in result.stdout


def test_recovery_without_a_reference(confdiff, folder, states):
    result = confdiff("evaluate", "samples.pdb", "one=s4.cif", *NAMED, "--out", "bpti")
    assert result.exit_code == 0, result.stderr
    assert {"bpti.json", "bpti.csv"} <= set(os.listdir()) and "bpti.html" not in os.listdir()
    assert "only the known states are evaluated" in result.stderr
    for text in ("5 states, 58 residues", "samples (60)", "one (1)", "Coverage", "RMSDens, 10"):
        assert text in result.stdout
    found = json.loads(Path("bpti.json").read_text())
    expected = rmsd_by_scipy(states).min(axis=0)
    np.testing.assert_allclose(found["ensembles"][0]["best"][-1], expected, atol=0.01)
    assert found["ensembles"][0]["coverage"] == pytest.approx(0.6)
    assert found["ensembles"][1]["best"][-1][3] == pytest.approx(0, abs=1e-3)
    rows = list(csv.DictReader(Path("bpti.csv").read_text().splitlines()))
    last = [r for r in rows if r["ensemble"] == "samples" and r["samples"] == "60"]
    assert [r["state"] for r in last] == ["RMSDens", "s1", "s2", "s3", "s4", "s5"]
    again = confdiff("evaluate", "samples.pdb", *NAMED, "--json")
    assert json.loads(again.stdout)["states"] == ["s1", "s2", "s3", "s4", "s5"]


def test_states_with_missing_ends_and_a_mutation(folder, states):
    kept = np.arange(2, 56)
    short = only_ca(whole(states[:1])).atom_slice(kept)
    short.topology.residue(12).name = "ALA"  # cysteine 14's + 1
    short.save_pdb("s1.pdb")
    known = read_states(FILES, BPTI)
    assert known.ca.shape == (5, 54, 3) and known.residues.tolist() == kept.tolist()
    assert known.notes == (
        "s1: residues 1–2 RP missing, residue 15 is A, not K, residues 57–58 GA missing",
    )
    found = evaluate_recovery([read_ensemble("samples.pdb")], known, BPTI)
    assert found.recoveries[0].covered.tolist() == [True, True, True, False, False]
    assert found.known.ca.shape[1] == 54


def test_invalid_input_is_refused(confdiff, folder, states):
    only_ca(whole(states[:1])).atom_slice(np.arange(20)).save_pdb("fragment.pdb")
    for arguments, message in (
        (
            ["samples.pdb", "--states", "fragment.pdb"],
            "fragment.pdb is not this protein: of its 20 residues, 20 match",
        ),
        (["samples.pdb", "samples.pdb", *NAMED], "Give each a different name"),
        (
            ["samples.pdb", *NAMED, "--lag", 10],
            "--lag needs --reference. Add --reference, or remove --lag.",
        ),
        (["samples.pdb", "--states", "s6.pdb"], "No such file: s6.pdb"),
        (["samples.pdb"], "or --states alone"),
    ):
        result = confdiff("evaluate", *arguments)
        assert result.exit_code == 1 and message in " ".join(result.stderr.split()), result.stderr
    with pytest.raises(StructureError, match=r"fragment\.pdb is not this protein"):
        Target.from_files(["md.xtc"], topology="md.pdb", folded="fragment.pdb")
