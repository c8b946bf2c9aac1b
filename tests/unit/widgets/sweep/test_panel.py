"""The sweep panel with stored results, without a browser."""

import time

import pytest
import torch

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.models.network_file import save_network
from confdiff_widgets.sweep import CellResult, SweepStore, grid
from confdiff_widgets.sweep.job import SweepJob
from confdiff_widgets.widgets.notebook import NotebookNeededError
from confdiff_widgets.widgets.sweep import Sweep, panel

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A results folder with one finished, one failed and one missing cell."""
    monkeypatch.setattr(panel, "require_notebook", lambda: None)
    job = SweepJob(energies=0, device="cpu")
    cells = grid(["chignolin"], axes={"gamma": [0.0, 0.5, 1.0]}, samples=4, steps=2)
    keyed = job.keys(cells)
    store = SweepStore(tmp_path / "sweep")
    store.request(keyed, job.to_dict())
    positions = 3 * torch.randn(4, len(SEQUENCE), 14, 3, generator=torch.Generator().manual_seed(0))
    finished = CellResult(Ensemble(positions, SEQUENCE), {"diversity": 2.0})
    store.save(*keyed[0], finished)
    store.save(*keyed[1], CellResult(None, {}, "out of <memory>"))
    return store.folder


@pytest.fixture
def sweep(folder):
    sweep = Sweep.from_folder(folder)
    yield sweep
    sweep.close()


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_stored_results_are_shown_at_once(sweep):
    wait_until(lambda: sweep._progress.value)
    assert sweep._progress.value == "2 of 3 cells · ready"
    assert sweep._run.description == "Resume" and not sweep._run.disabled
    assert sweep._cancel.disabled
    assert [list(row) for row in sweep.plots.figure.data[1].text] == [["2.00", "failed", ""]]


def test_a_click_on_a_cell_shows_its_conformers(sweep):
    sweep._select_cell(0, 0)
    assert sweep._caption.value == "η 0, γ 0: 4 of 4 conformers"
    assert len(sweep.viewer._conformers) == 4
    assert len(sweep.plots._points.x) == 4
    sweep._show([2])
    assert sweep._caption.value == "conformer 2 of 4"
    sweep._select_cell(0, 1)
    assert sweep._caption.value == "η 0, γ 0.5 failed: out of &lt;memory&gt;"
    sweep._select_cell(0, 2)
    assert sweep._caption.value == "η 0, γ 1 is not computed yet."


def test_the_scores_of_cells_are_a_table(sweep):
    wait_until(lambda: "<table" in sweep._scores.value)
    text = sweep._scores.value
    for heading in ("√excess JS-PwD", "√excess JS-TIC", "√excess JS φ, ψ", "no backbone clash"):
        assert f">{heading}</th>" in text
    assert text.count("<tr>") == 3 and ">2</td>" in text  # headings, a finished and a failed cell


def test_export_writes_tables_and_figures(sweep, folder):
    sweep._write()
    assert {"table.csv", "table.parquet", "chignolin.png", "chignolin.html"} <= {
        file.name for file in folder.iterdir()
    }
    assert sweep._notice.value.startswith("Written to ")


@pytest.fixture
def warm_folder(tmp_path, monkeypatch, tiny_network):
    """A results folder over the temperature with a stored thermal network."""
    monkeypatch.setattr(panel, "require_notebook", lambda: None)
    network = tiny_network(conditional=True, seed=1, temperature=8)
    path = tmp_path / "thermal.safetensors"
    save_network(path, network.config, network.state_dict(), representation="one-hot")
    job = SweepJob(model=str(path), energies=0, device="cpu")
    cells = grid(["chignolin"], axes={"temperature": [300, 350, 400]}, samples=8, steps=2)
    keyed = job.keys(cells)
    store = SweepStore(tmp_path / "warm")
    store.request(keyed, job.to_dict())
    for seed, (key, cell) in enumerate(keyed):
        generator = torch.Generator().manual_seed(seed)
        positions = 3 * torch.randn(8, len(SEQUENCE), 14, 3, generator=generator)
        store.save(key, cell, CellResult(Ensemble(positions, SEQUENCE), {"diversity": 2.0}))
    return store.folder


def test_temperatures_end_in_a_melting_curve(warm_folder, sweep):
    warm = Sweep.from_folder(warm_folder)
    wait_until(lambda: warm.melting.text.value)
    assert warm.melting.layout.display == ""
    assert "No transition" in warm.melting.text.value
    assert "Molecular dynamics: " in warm.melting.text.value
    names = {trace.name for trace in warm.melting.figure.data}
    assert {"samples, γ 1", "molecular dynamics"} <= names
    warm._select_cell(2, 0)
    assert warm._caption.value == "400 K, γ 1: 8 of 8 conformers"
    warm._write()
    assert {"chignolin-melting.html", "chignolin-melting.csv", "chignolin-melting.json"} <= {
        file.name for file in warm_folder.iterdir()
    }
    warm.close()
    assert sweep.melting.layout.display == "none"


def test_eta_and_temperature_are_alternatives(tmp_path, monkeypatch):
    monkeypatch.setattr(panel, "require_notebook", lambda: None)
    with pytest.raises(SettingsError, match="Both eta and temperature are given"):
        Sweep("chignolin", eta=[0, 1], temperature=[300, 350], folder=tmp_path / "both")


def test_a_folder_without_a_sweep_is_rejected(tmp_path, monkeypatch):
    monkeypatch.setattr(panel, "require_notebook", lambda: None)
    SweepStore(tmp_path / "empty")
    with pytest.raises(SettingsError, match=r"contains no sweep\. Start one"):
        Sweep.from_folder(tmp_path / "empty")


def test_needs_a_notebook():
    with pytest.raises(NotebookNeededError):
        Sweep("chignolin")
