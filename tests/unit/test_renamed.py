"""Names of version 0.1: each works, and warns with its new name."""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings

import pytest
import torch

from confdiff_widgets import analysis, ensembles, guidance, proteins, renamed, reports, sweep
from confdiff_widgets.analysis.metrics import METRICS, Metric
from confdiff_widgets.diffusion import SO3Process
from confdiff_widgets.geometry.rotations import random_quat
from confdiff_widgets.sampling import State

PREFIX = "confdiff_widgets."


def old(path: str):
    module, _, name = f"{PREFIX}{path}".rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(("path", "new"), sorted(renamed.NAMES.items()))
def test_every_renamed_name_is_the_new_object_and_warns(path, new):
    with pytest.warns(DeprecationWarning) as caught:
        found = old(path)
    module, _, name = f"{PREFIX}{new}".rpartition(".")
    assert found is getattr(importlib.import_module(module), name)
    (warning,) = caught
    assert str(warning.message) == (
        f"{PREFIX}{path} was renamed to {PREFIX}{new}. The old name works until version 0.3."
    )
    assert warning.filename == __file__  # the code that used the name


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("evaluation.evaluate", reports.evaluate),
        ("evaluation.read_ensemble", ensembles.read_ensemble),
        ("evaluation.EvaluationSettings", reports.EvaluationSettings),
        ("sampling.sweep.SweepStore", sweep.SweepStore),
        ("sampling.sweep.grid", sweep.grid),
        ("sampling.sweep.run_sweep", sweep.run_sweep),
        ("sampling.sweep.local_cluster", sweep.local_cluster),
    ],
)
def test_names_of_moved_modules_are_found(path, new):
    with pytest.warns(DeprecationWarning, match=f"{PREFIX}{path} was renamed to"):
        assert old(path) is new


def test_the_imports_of_the_lessons_of_0_1_work():
    script = """
import warnings
warnings.simplefilter("ignore")
from confdiff_widgets.evaluation import Target, evaluate, read_ensemble, read_states, recover
from confdiff_widgets.geometry.structure import load_atom14
from confdiff_widgets.guidance import GammaMix, PhysicalTerm, Schedule
from confdiff_widgets.live.sweep_cell import SweepJob
from confdiff_widgets.proteins.own import mix_from_files
from confdiff_widgets.sampling import Ensemble, Run, SamplerConfig
from confdiff_widgets.sampling.sweep import SweepStore, grid, local_cluster, run_sweep
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_new_names_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert guidance.ClassifierFreeGuidance and analysis.StateModel and sweep.SweepJob
        assert proteins.get("chignolin").load_networks is not None


@pytest.mark.parametrize("package", [analysis, guidance, proteins, sweep])
def test_names_that_never_existed_are_refused(package):
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = package.Nothing


def test_modules_that_never_existed_are_not_found():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("confdiff_widgets.nothing")
    with pytest.raises(AttributeError):
        old("evaluation.nothing")


def test_networks_of_a_protein():
    protein = proteins.get("chignolin")
    with pytest.warns(DeprecationWarning, match=r"Protein\.mix was renamed to Protein\.load_net"):
        networks = protein.mix()
    assert isinstance(networks, guidance.ClassifierFreeGuidance)
    with pytest.warns(DeprecationWarning, match=r"Protein\.physical was renamed"):
        assert protein.physical("force").name == "force"


def test_networks_of_files(tmp_path, monkeypatch):
    with (
        pytest.warns(DeprecationWarning, match=r"renamed to load_system\(sequence, model=") as all_,
        pytest.raises(Exception, match="No such checkpoint: missing"),
    ):
        old("proteins.own.mix_from_files")("YYDPETGTWY", "missing", None)
    assert all_[0].filename == __file__


def test_parts_of_a_metric():
    metric = Metric("js_rg", METRICS["js_rg"], 0.2, 0.0, 0.1, 0.01, 0.7, 0.1, 0.3)
    for name, value in {
        "about": METRICS["js_rg"], "floor_mean": 0.1, "floor_sd": 0.01, "static": 0.7,
    }.items():  # fmt: skip
        with pytest.warns(DeprecationWarning, match=rf"Metric\.{name} was renamed to Metric\."):
            assert getattr(metric, name) == value


def test_maps_of_rotations():
    process, generator = SO3Process(), torch.Generator().manual_seed(0)
    start, end = random_quat((4,), generator=generator), random_quat((4,), generator=generator)
    with pytest.warns(DeprecationWarning, match=r"renamed to SO3Process\.log_map"):
        vector = process.relative(start, end)
    torch.testing.assert_close(vector, process.log_map(start, end))
    with pytest.warns(DeprecationWarning, match=r"renamed to SO3Process\.exp_map"):
        torch.testing.assert_close(process.move(start, vector), process.exp_map(start, vector))


def test_state_of_a_solver():
    with pytest.warns(DeprecationWarning, match=r"State\.memory was renamed to State\.solver_st"):
        assert State(0, 1.0, None).memory is None
