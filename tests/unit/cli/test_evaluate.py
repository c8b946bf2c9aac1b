"""``confdiff evaluate``: output, files and refusals."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import mdtraj
import numpy as np
import pytest

from confdiff_widgets import proteins

DATA = Path(__file__).parents[2] / "data"
FRAMES = len(proteins.get("chignolin").reference().ca)
XTC, TOP = DATA / "chignolin_heavy.xtc", DATA / "chignolin_heavy.pdb"


def test_bundled_protein(confdiff, chignolin_heavy):
    chignolin_heavy.mdtraj.save_pdb("other.pdb")
    result = confdiff("evaluate", XTC, "peer=other.pdb", "--protein", "chignolin")
    assert result.exit_code == 0, result.stderr
    assert sorted(os.listdir()) == [
        "evaluation.csv", "evaluation.html", "evaluation.json", "other.pdb"
    ]  # fmt: skip
    words = (
        "JS-PwD",
        "RMSDens",
        "Sampling",
        "chignolin_heavy",
        "peer",
        f"Reference: {FRAMES} frames",
    )
    for word in words:
        assert word in result.stdout
    assert "is not fully converged" in " ".join(result.stderr.split())
    found = json.loads(Path("evaluation.json").read_text())
    names = [one["name"] for one in found["ensembles"]]
    assert names == ["chignolin_heavy", "peer"]
    for row in csv.DictReader(Path("evaluation.csv").read_text().splitlines()):
        k = names.index(row["ensemble"])
        assert float(row["value"]) == found["ensembles"][k]["metrics"][row["metric"]]["value"]
    assert "<!doctype html>" in Path("evaluation.html").read_text()[:20]
    again = confdiff("evaluate", XTC, "--protein", "chignolin", "--json")
    assert json.loads(again.stdout)["ensembles"][0]["n_sample"] == 22
    assert Path("evaluation-2.html").exists(), "the first result is still there"


def test_the_temperature_of_the_reference(confdiff, refused):
    """The reference at 300 K is more folded, and the number of effective frames is printed."""
    result = confdiff("evaluate", XTC, "--protein", "chignolin", "--temperature", 300, "-o", "cold")
    assert result.exit_code == 0, result.stderr
    assert "Temperature: 300 K. The weights of the reference are worth" in result.stderr
    cold = json.loads(Path("cold.json").read_text())
    assert cold["temperature_k"] == 300
    folded = cold["ensembles"][0]["metrics"]["folded"]["reference"]
    assert folded == pytest.approx(0.425, abs=0.03)
    assert "300 K" in Path("cold.html").read_text(encoding="utf-8")
    for name in ("cold.json", "cold.html", "cold.csv"):
        os.remove(name)
    for kelvin, words in ((250, "covers 300 to 450 K"), (-3, "covers 300 to 450 K"),
                          ("nan", "covers 300 to 450 K")):  # fmt: skip
        assert words in refused("evaluate", XTC, "--protein", "chignolin", "--temperature", kelvin)


def test_reference_trajectory(confdiff):
    result = confdiff(
        "evaluate", XTC, "--reference", XTC, "--topology", TOP, "--states", TOP, "--out", "own.html"
    )
    assert result.exit_code == 0, result.stderr
    assert sorted(os.listdir()) == ["own.csv", "own.html", "own.json"]
    found = json.loads(Path("own.json").read_text())
    assert found["ensembles"][0]["recovery"]["names"] == ["chignolin_heavy"]
    assert "300 K, because none was given" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([XTC], "Give either --protein or --reference"),
        ([XTC, "--protein", "chignolin", "--reference", XTC], "Give either --protein or"),
        (
            [XTC, "--protein", "chignolin", "--lag", 20],
            "--lag cannot be used with --protein, because chignolin sets it",
        ),
        (["none.xtc", "--protein", "chignolin"], "No such file: none.xtc"),
        ([XTC, "--protein", "trp-cage"], "is not this protein"),
        ([XTC, XTC, "--protein", "chignolin"], "Two ensembles are called chignolin_heavy"),
        ([TOP, "--protein", "chignolin"], "has one frame"),
        ([XTC, "--protein", "chignolin", "--out", "gone/x"], "The folder gone does not exist"),
        ([XTC, "--protein", "chignolin", "--out", ""], "--out is ., a folder. Name a file"),
        (["", "--protein", "chignolin"], ". contains no structure files"),
        (["..", "--protein", "chignolin"], ".. contains no structure files"),
        ([XTC, "--protein", "chignolin", "--n-states", 1], "n_states is 1"),
        ([XTC, "--reference", XTC, "--lag", 1e6], "no more than the lag"),
    ],
)
def test_invalid_input_is_refused(confdiff, arguments, message):
    result = confdiff("evaluate", *arguments)
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert os.listdir() == []


def test_does_not_import_jupyter():
    code = (
        "import sys, confdiff_widgets.cli.evaluate, confdiff_widgets.reports.saving\n"
        "print([m for m in ('ipywidgets', 'IPython', 'anywidget', 'nglview') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_folder_of_a_simulation_is_a_reference(confdiff, refused):
    folder = Path("run")
    folder.mkdir()
    frames = mdtraj.load(XTC, top=TOP)
    frames.time = np.arange(1.0, len(frames) + 1)
    for k in range(2):
        frames.save_xtc(str(folder / f"remd_{k:02d}.xtc"))
    frames[0].save_pdb(str(folder / "topology.pdb"))
    kelvin = np.where(np.arange(len(frames)) % 2, [[300.0], [450.0]], [[450.0], [300.0]])
    np.savez(folder / "remd.npz", temperature_k=kelvin.astype(np.float32))
    assert "Choose the temperature" in refused("evaluate", XTC, "--reference", folder)
    assert "a folder and other paths" in refused(
        "evaluate", XTC, "--reference", folder, "--reference", XTC
    )
    assert "--folded cannot be used with the folder" in refused(
        "evaluate", XTC, "--reference", folder, "--folded", TOP
    )
    result = confdiff("evaluate", XTC, "--reference", folder, "--temperature", 310, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["temperature_k"] == 300
    assert found["ensembles"][0]["metrics"]["js_pwd"]["value"] < 0.4
