"""The summary of `confdiff sample`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from confdiff_widgets.analysis import val_bond, val_clash
from confdiff_widgets.cli._summary import report, summarise
from confdiff_widgets.sampling import Run, SamplerConfig

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def run(tiny_cfg):
    run = Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=3, steps=2, seed=4, gamma=0.5))
    for _ in run:
        pass
    return run


def test_numbers_are_those_of_the_run_and_fit_json(run):
    ensemble = run.ensemble()
    found = json.loads(json.dumps(summarise(ensemble, run, 1.23456, 2.0, [Path("a.pdb")])))
    assert (found["samples"], found["gamma"], found["seed"]) == (3, 0.5, 4)
    assert found["network_evaluations"] == run.evaluations
    assert found["seconds_sampling"] == 1.235 and found["files"] == ["a.pdb"]
    assert found["val_clash"] == val_clash(ensemble.ca)
    assert found["val_bond"] == val_bond(ensemble.ca)
    assert found["temperature"] is None


def test_the_text_states_the_strength_or_the_temperature(run, capsys):
    summary = summarise(run.ensemble(), run, 1.0, 2.0, [Path("a.pdb")])
    report(summary)
    text = " ".join(capsys.readouterr().out.split())
    assert "3 conformers of YYDPETGTWY in 2.0 s (2 steps of dpm" in text
    assert "γ 0.5, η 0, seed 4, cpu)" in text and "written: a.pdb" in text
    report(summary | {"temperature": 350.0, "val_clash": None})
    text = " ".join(capsys.readouterr().out.split())
    assert "γ 0.5, 350 K, seed 4" in text and "clashes" not in text
