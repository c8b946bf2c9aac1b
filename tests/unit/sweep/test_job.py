"""Sweep jobs: the result of a cell, its metrics and its key."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from confdiff_widgets import proteins
from confdiff_widgets.analysis import js_tic, mean_pairwise_rmsd, val_bond, val_clash
from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.errors import SettingsError, UserError
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import Run, SamplerConfig
from confdiff_widgets.sweep import Cell, grid
from confdiff_widgets.sweep.job import SweepJob, evaluate_cell

QUICK = SamplerConfig(samples=4, steps=2, seed=3)


def test_cells_are_the_result_of_a_run():
    protein = proteins.get("chignolin")
    result = SweepJob(energies=0, device="cpu")(Cell("chignolin", QUICK))
    run = Run(protein.load_networks(), protein.sequence, QUICK)
    for _ in run:
        pass
    assert torch.equal(result.ensemble.atom14, run.ensemble().atom14)
    reference = protein.reference()
    ca = run.ensemble().ca
    tics = reference.tica.transform
    assert result.metrics["js_tic"] == pytest.approx(js_tic(tics(ca), tics(reference.ca)))
    assert result.metrics["diversity"] == pytest.approx(mean_pairwise_rmsd(ca))
    assert result.metrics["val_clash"] == val_clash(ca)
    assert result.metrics["val_bond"] == val_bond(ca)
    assert "energy" not in result.metrics


def test_frames_of_the_reference_score_at_the_sampling_baseline():
    """The validity is the fraction of conformers that pass both checks."""
    system = load_system("chignolin")
    backbone = system.reference.backbone
    chosen = np.random.default_rng(0).choice(len(backbone), 300, replace=False)
    atoms = torch.zeros(300, 10, 14, 3)
    atoms[:, :, :4] = torch.from_numpy(backbone[chosen])
    atoms[0, 5] += 50.0
    found = evaluate_cell(Ensemble(atoms, system.sequence), system, energies=0)
    assert found["js_tic"] == pytest.approx(found["js_tic_floor"], abs=0.06)
    assert found["js_pwd"] == pytest.approx(found["js_pwd_floor"], abs=0.06)
    assert found["validity"] == pytest.approx(299 / 300, abs=0.01)
    assert found["js_torsions"] == pytest.approx(found["js_torsions_floor"], abs=0.03)
    assert found["js_torsions_excess"] < 0.06


def test_cells_are_compared_with_the_reference_at_their_temperature():
    system = load_system("chignolin")
    atoms = torch.zeros(400, 10, 14, 3)
    frames = system.reference.at(300.0).unweighted.backbone
    chosen = np.random.default_rng(1).choice(len(frames), 400, replace=False)
    atoms[:, :, :4] = torch.from_numpy(frames[chosen])
    ensemble = Ensemble(atoms, system.sequence)
    cold, hot = (evaluate_cell(ensemble, system, 0, kelvin) for kelvin in (300.0, 440.0))
    assert cold["js_pwd"] < 1.2 * cold["js_pwd_floor"] and hot["js_pwd"] > 2 * hot["js_pwd_floor"]
    outside = evaluate_cell(ensemble, system, 0, 460.0)
    assert "js_pwd" not in outside and outside["diversity"] == cold["diversity"]


def test_energies_of_the_first_conformers():
    pytest.importorskip("openmm")
    result = SweepJob(energies=2, device="cpu")(
        Cell("chignolin", dataclasses.replace(QUICK, steps=10))
    )
    assert result.metrics["energies"] == 2
    assert -450 < result.metrics["energy"] < 0


def test_keys_depend_on_protein_settings_and_energies():
    job = SweepJob(energies=0)
    cell = Cell("chignolin", QUICK)
    ((key, _),) = job.keys([cell])
    others = [
        job.keys([Cell("trp-cage", QUICK)]),
        job.keys([Cell("chignolin", dataclasses.replace(QUICK, t_start=0.3))]),
        SweepJob(energies=1).keys([cell]),
    ]
    assert len({key, *(keyed[0][0] for keyed in others)}) == 4
    assert job.keys([Cell("5awl", QUICK)])[0][0] == key


def test_cells_start_from_the_folded_structure():
    config = dataclasses.replace(QUICK, t_start=0.05, steps=4)
    result = SweepJob(energies=0, device="cpu")(Cell("chignolin", config))
    assert result.metrics["folded"] == 1


def test_invalid_jobs_are_refused():
    with pytest.raises(SettingsError, match="from 0 to"):
        SweepJob(energies=-1)
    with pytest.raises(UserError, match="Did you mean chignolin"):
        SweepJob().keys([Cell("chignolim", QUICK)])


def test_jobs_are_stored_as_by_version_0_1():
    """The guidance network is stored as "head", and newer settings only if they are given."""
    names = {"model", "unconditional", "head", "energies", "device"}
    job = SweepJob(model="a", guidance_network="b", energies=3)
    assert job.to_dict().keys() == names
    assert job.to_dict()["head"] == "b"
    for other in (job, SweepJob(model="a", representation="one-hot", features="c.npz")):
        assert SweepJob.from_dict(other.to_dict()) == other


def test_settings_that_no_axis_states():
    """Bundled proteins have temperature guidance at their default temperature."""
    job = SweepJob(energies=0)
    for name, kelvin in (("chignolin", 350), ("trp-cage", 340)):
        for kind, axes, expected in (
            (None, {}, [("temperature", kelvin)]),
            (None, {"eta": [0.0, 1.0]}, [("temperature", 450), ("temperature", 300)]),
            ("none", {}, [("none", None)]),
            ("force", {"eta": [0.0, 2.0]}, [("none", None), ("force", None)]),
            ("temperature", {"temperature": [320.0]}, [("temperature", 320)]),
        ):
            cells = grid([name], axes=axes, **job.physical_settings(name, kind, axes))
            found = [(cell.config.guidance, cell.config.kelvin) for cell in cells]
            assert found == [(guidance, t and pytest.approx(t)) for guidance, t in expected]
