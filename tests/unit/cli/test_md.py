"""``confdiff md``: files, resuming and refusals."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.physics.dynamics.engine import Engine

SHORT = ("--ns", 0.002, "--frame-ps", 1, "--cores", 1)


def test_a_sequence_is_simulated_once(confdiff, monkeypatch):
    result = confdiff("md", "GG", *SHORT, "--starts", "extended", "--temperature", 350)
    assert result.exit_code == 0, result.stderr
    assert "GG (2 residues, charged ends): 1 replica of 0.002 ns at 350 K" in result.stderr
    assert "ns/day per replica" in result.stdout
    assert "GG-md (1 × 2 frames" in result.stdout
    files = ["md.checkpoint", "md.json", "md_350K.npz", "md_350K_00.xtc", "system.xml",
             "topology.pdb"]  # fmt: skip
    assert sorted(os.listdir("GG-md")) == files
    monkeypatch.setattr(Engine, "advance", lambda *_: pytest.fail("computed"))
    again = confdiff("md", "GG", *SHORT, "--starts", "extended", "--temperature", 350)
    assert again.exit_code == 0
    assert "already finished; nothing was computed" in again.stderr
    assert "ns/day" not in again.stdout
    other = confdiff("md", "GG", *SHORT, "--starts", "extended", "--temperature", 300)
    assert other.exit_code == 1
    assert "GG-md holds another simulation: temperatures (K) [350.0] there, [300.0] here" in (
        other.stderr
    )


def test_replica_exchange_reports_its_acceptance(confdiff):
    ladder = ("--replica-exchange", "300:330:3", "--starts", "extended")
    result = confdiff("md", "GG", *SHORT, *ladder, "--out", "run")
    assert result.exit_code == 0, result.stderr
    assert "3 replicas of 0.002 ns replica exchange, 300 to 330 K" in result.stderr
    assert "acceptance of exchanges between neighbours: " in result.stdout
    with np.load("run/remd.npz") as arrays:
        assert arrays["exchanges_attempted"].tolist() == [1, 1]
        assert arrays["ladder_k"].tolist() == [300.0, 314.643, 330.0]


@pytest.mark.slow
def test_structures_start_folded(confdiff, data_dir):
    shutil.copy(data_dir / "capped.pdb", "capped.pdb")
    result = confdiff(
        "md", "capped.pdb", "--ns", 0.001, "--frame-ps", 1, "--cores", 1, "--starts", "folded"
    )
    assert result.exit_code == 0, result.stderr
    assert "capped.pdb: hydrogens are added" in result.stderr
    assert "ACE at the N-terminus, NME at the C-terminus" in result.stderr
    with open("capped-md/topology.pdb") as file:
        text = file.read()
    assert " ACE " in text
    assert " NME " in text


def test_invalid_input_is_refused(refused):
    assert "No such file" in refused("md", "absent.pdb")
    assert "temperature is 100.0 K. Give a number from 200" in refused(
        "md", "GG", "--temperature", 100
    )
    assert "number of temperatures is 1" in refused("md", "GG", "--replica-exchange", "300:450:1")
    assert "time is 0.0 ns" in refused("md", "GG", "--ns", 0)
    assert "shorter than the 10 ps" in refused("md", "GG", "--ns", 0.001)
    assert "Unknown start 'boiled'" in refused("md", "GG", "--starts", "boiled")
    assert "--starts folded needs a structure file" in refused("md", "GG", "--starts", "folded")
    assert "cannot be used with --replica-exchange" in refused(
        "md", "GG", "--replica-exchange", "300:450:4", "--temperature", 300
    )
    assert "cannot be used with --replica-exchange" in refused(
        "md", "GG", "--replica-exchange", "300:450:4", "--replicas", 3
    )
    assert "number of cores is 0" in refused("md", "GG", "--cores", 0)
    assert "Unknown platform 'TPU'" in refused("md", "GG", "--platform", "TPU")
    assert "'X' at position 3" in refused("md", "GAXGG")
    assert "single residue" in refused("md", "G")


def test_incomplete_structures_are_refused(refused, chignolin_heavy):
    ensemble = Ensemble(chignolin_heavy.atom14.positions[:1], "YYDPETGTWY")
    ensemble.save("backbone.pdb")
    assert "Heavy atoms are missing" in refused("md", "backbone.pdb")
    ensemble.save("whole.pdb", heavy=True)
    with open("whole.pdb") as file:
        lines = file.readlines()
    with open("gap.pdb", "w") as file:
        file.writelines(line for line in lines if line[22:26].strip() not in ("5", "6"))
    assert "gap.pdb" in refused("md", "gap.pdb")
    with open("modified.pdb", "w") as file:
        file.writelines(line.replace("TRP A", "DTR A") for line in lines)
    assert "DTR" in refused("md", "modified.pdb")
    assert "--starts extended needs a sequence" in refused(
        "md", "whole.pdb", "--starts", "extended"
    )


def test_fasta_files_have_one_sequence(refused):
    with open("two.fasta", "w") as file:
        file.write(">a\nGASPK\n>b\nGASPR\n")
    assert "two.fasta has 2 sequences" in refused("md", "two.fasta")
