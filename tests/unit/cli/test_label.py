"""``confdiff label``: files, resuming and refusals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.physics import EnergyConfig, EnergyPool
from confdiff_widgets.physics.labels import Labels
from confdiff_widgets.physics.molecular_ensemble import read_molecules


@pytest.fixture
def conformers(chignolin_heavy) -> Ensemble:
    """Six conformers of chignolin, saved as six.npz."""
    ensemble = Ensemble(chignolin_heavy.atom14.positions[:6], "YYDPETGTWY", {"seed": 7})
    ensemble.save("six.npz")
    return ensemble


@pytest.fixture
def submitted(monkeypatch) -> list[list[int]]:
    """Numbers of the conformers submitted to pools."""
    numbers: list[list[int]] = []
    submit = EnergyPool.submit

    def listen(self, atom14, keys):
        numbers.append(list(keys))
        submit(self, atom14, keys)

    monkeypatch.setattr(EnergyPool, "submit", listen)
    return numbers


def test_labels_of_an_ensemble(confdiff, conformers, submitted):
    result = confdiff("label", "six.npz", "--workers", 1)
    assert result.exit_code == 0, result.stderr
    assert "6 of 6 conformers of YYDPETGTWY included" in result.stdout
    assert "λ = " in result.stdout
    assert "ESS = " in result.stdout
    assert sorted(os.listdir()) == ["six-labels.npz", "six.npz"]
    labels = Labels.load("six-labels.npz")
    assert labels.config == EnergyConfig()
    assert (labels.energy < -350).all()
    np.testing.assert_allclose(labels.components.sum(1), labels.energy)
    assert labels.ca_forces.shape == (6, 10, 3)
    assert 1 < np.abs(labels.ca_forces).max() < 100
    assert not labels.reason.any()
    with np.load("six-labels.npz") as stored:
        assert stored["strength"] == labels.energy_scale
        assert stored["ess"] == labels.ess >= 0.2 * stored["counted"].sum()
    again = Ensemble.load("six-labels.npz")  # labels are an ensemble too
    assert (again.atom14 == conformers.atom14).all()
    assert again.settings == {"seed": 7}

    again = confdiff("label", "six.npz", "--workers", 1)
    assert again.stdout == result.stdout
    assert submitted == [[0, 1, 2, 3, 4, 5]]  # computed once


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_conformers_have_energies_and_no_lambda(confdiff, conformers, count):
    Ensemble(conformers.atom14[:count], conformers.sequence).save("few.pdb", heavy=True)
    result = confdiff("label", "few.pdb", "--workers", 1)
    assert result.exit_code == 0, result.stderr
    labels = Labels.load("few-labels.npz")
    assert len(labels) == labels.included.sum() == count
    for i, energy in enumerate(labels.energy):
        assert f"conformer {i}: U = {energy:.1f} kcal/mol" in result.stdout
    assert "λ cannot be chosen" in result.stdout
    assert not any(text in result.stdout for text in ("λ =", " K\n", "nan", "inf"))
    assert (" ± " in result.stdout) == (count > 1)
    with np.load("few-labels.npz") as stored:
        assert all(np.isnan(stored[name]) for name in ("strength", "ess", "temperature"))


def test_capped_peptides_are_labelled_with_their_caps(confdiff, data_dir, submitted):
    shutil.copy(data_dir / "capped.pdb", "capped.pdb")
    result = confdiff("label", "capped.pdb", "--workers", 1)
    assert result.exit_code == 0, result.stderr
    assert "molecule: ACE at the N-terminus, NME at the C-terminus" in result.stdout
    assert "capped.pdb: hydrogens are added" in result.stderr
    labels = Labels.load("capped-labels.npz")
    assert labels.molecules.chemistry.caps == ("ACE", "NME")
    assert labels.molecules.caps.shape == (1, 2, 14, 3)
    assert labels.energy[0] > -300  # without charged ends
    assert labels.ca_forces.shape == (1, 10, 3)
    assert confdiff("label", "capped.pdb").stdout == result.stdout
    assert submitted == [[0]]


def test_labels_are_of_one_form(refused, confdiff, conformers):
    """The same heavy atoms with another form are other molecules."""
    Ensemble(conformers.atom14[:1], conformers.sequence).save("one.pdb", heavy=True)
    confdiff("label", "one.pdb", "--workers", 1, "--out", "one.npz")
    text = Path("one.pdb").read_text()
    Path("one.pdb").write_text(text.replace("GLU A   5", "GLH A   5"))
    assert "belongs to other conformers" in refused("label", "one.pdb", "--out", "one.npz")
    result = confdiff("label", "one.pdb", "--workers", 1, "--out", "two.npz")
    assert "molecule: charged ends, GLH E5" in result.stdout


@pytest.mark.parametrize(
    "damage",
    [
        {"residues": ["ALA"]},
        {"residues": ["XYZ"] * 10},
        {"disulphides": [[0, 1]]},
        {"start": "FOR"},
        {"end": "NME"},
        {"residues": None},
    ],
)
def test_labels_with_a_damaged_form_are_refused(refused, confdiff, conformers, damage):
    Ensemble(conformers.atom14[:1], conformers.sequence).save("one.npz")
    confdiff("label", "one.npz", "--workers", 1)
    with np.load("one-labels.npz") as stored:
        arrays = dict(stored)
    form = {**json.loads(str(arrays["chemistry"])), **damage}
    np.savez("one-labels.npz", **{**arrays, "chemistry": np.array(json.dumps(form))})
    assert "one-labels.npz holds no energies" in refused("label", "one.npz")


def test_labels_of_earlier_versions_are_read(confdiff, conformers, submitted):
    """They lack the form, which was the standard one."""
    result = confdiff("label", "six.npz", "--workers", 1)
    with np.load("six-labels.npz") as stored:
        arrays = {name: stored[name] for name in stored.files if name not in ("chemistry", "caps")}
    np.savez("six-labels.npz", **arrays)
    assert confdiff("label", "six.npz").stdout == result.stdout
    assert submitted == [[0, 1, 2, 3, 4, 5]]


@pytest.mark.slow
def test_disulphide_bonds_are_kept(confdiff, data_dir):
    """The energy of BPTI without its bonds is 50 kcal/mol higher."""
    shutil.copy(data_dir / "bpti.pdb", "bpti.pdb")
    result = confdiff("label", "bpti.pdb", "--workers", 1)
    assert result.exit_code == 0, result.stderr
    assert "disulphide bonds C5–C55 C14–C38 C30–C51" in result.stdout
    assert Labels.load("bpti-labels.npz").energy[0] == pytest.approx(-2317, abs=5)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_killed_commands_resume(confdiff, conformers, submitted):
    arguments = ("label", "six.npz", "--workers", "1")
    main = [sys.executable, "-c", "from confdiff_widgets.cli import app; app()"]
    journal = Path("six-labels.npz.partial")
    with subprocess.Popen([*main, *arguments]) as process:
        while not journal.exists() or journal.read_bytes().count(b"\n") < 3:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    before = [json.loads(line) for line in journal.read_text().splitlines()[1:3]]
    assert confdiff(*arguments).exit_code == 0
    assert len(submitted[0]) <= 4
    assert not {row["key"] for row in before} & set(submitted[0])
    labels = Labels.load("six-labels.npz")
    for row in before:
        assert labels.energy[row["key"]] == row["energy"]
    assert not journal.exists()


def test_files_that_mdtraj_reads(confdiff, data_dir):
    shutil.copy(data_dir / "chignolin_heavy.pdb", "native.pdb")
    result = confdiff("label", "native.pdb", "-o", "named.npz")
    assert result.exit_code == 0, result.stderr
    assert sorted(os.listdir()) == ["named.npz", "native.pdb"]


def test_topologies_of_trajectories_are_found(chignolin_heavy):
    ensemble = Ensemble(chignolin_heavy.atom14.positions[:2], "YYDPETGTWY")
    ensemble.save("two.xtc", heavy=True)
    found = read_molecules("two.xtc").ensemble
    assert found.sequence == "YYDPETGTWY"
    shift = found.atom14[0, 0, 0] - ensemble.atom14[0, 0, 0]
    exists = ensemble.atom14[0] != 0
    difference = (found.atom14[0] - ensemble.atom14[0] - shift)[exists]
    assert difference.abs().max() < 0.02  # XTC rounds
    assert (found.atom14[0][~exists] == 0).all()


def test_conformers_without_energy_are_named(confdiff, conformers):
    broken = conformers.atom14.clone()
    broken[4] = 0
    Ensemble(broken, conformers.sequence).save("broken.npz")
    result = confdiff("label", "broken.npz", "--workers", 1)
    assert result.exit_code == 0
    assert "1 of 6 conformers have no energy:\nconformer 4: " in result.stderr
    assert np.isnan(Labels.load("broken-labels.npz").energy).sum() == 1


def test_invalid_input_is_refused(refused, confdiff, conformers, chignolin_heavy):
    assert "No such file" in refused("label", "absent.pdb")
    assert "Use a name ending in" in refused("label", "six.npz", "--out", "labels.csv")
    assert "Choose a name that ends in .npz" in refused("label", "six.npz", "--out", "labels.pdb")
    assert "0 workers" in refused("label", "six.npz", "--workers", 0)
    assert "holds no energies" in refused("label", "six.npz", "--out", "six.npz")
    conformers.save("backbone.pdb")
    message = refused("label", "backbone.pdb")
    assert "missing in Y1, Y2, D3, P4, E5 and others" in message
    assert "--heavy" in message


def test_labels_of_other_conformers_are_not_overwritten(refused, confdiff, conformers):
    confdiff("label", "six.npz", "--workers", 1)
    Ensemble(conformers.atom14 + 1, conformers.sequence).save("six.npz")
    assert "belongs to other conformers" in refused("label", "six.npz")
