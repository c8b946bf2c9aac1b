"""Melting curves of stored sweeps, and the reference beside them."""

from __future__ import annotations

import csv
import io
import json

import pytest
import torch

from confdiff_widgets import proteins
from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.proteins.melting import reference_melting
from confdiff_widgets.reports.melting_figures import (
    melting_figures,
    melting_page,
    melting_table,
    save_melting,
)
from confdiff_widgets.sweep import Cell, CellResult, SweepStore, grid
from confdiff_widgets.sweep.job import SweepJob
from confdiff_widgets.sweep.melting import MeltingCurves, melting_csv
from confdiff_widgets.sweep.store import StoredCell

KELVIN = (300.0, 350.0, 400.0, 450.0)
FRACTIONS = {300.0: 0.9, 350.0: 0.6, 400.0: 0.3, 450.0: 0.1}


def conformers(protein: str, folded: int, samples: int) -> Ensemble:
    """Return folded conformers followed by stretched ones."""
    bundled = proteins.get(protein)
    reference = bundled.reference()
    atoms = torch.tensor(reference.folded)[None].repeat(samples, 1, 1, 1)
    present = atoms.abs().sum(dim=-1, keepdim=True) > 0
    length = len(bundled.sequence)
    line = torch.zeros(length, 1, 3)
    line[:, 0, 0] = 3.8 * torch.arange(length)
    shift = line - atoms[0, :, 1:2]
    atoms[folded:] += torch.where(present[folded:], shift, 0.0)
    return Ensemble(torch.where(present, atoms - atoms[:, :, 1:2].mean(1, keepdim=True), 0.0),
                    bundled.sequence)  # fmt: skip


@pytest.fixture(scope="module")
def sweep(tmp_path_factory) -> tuple[SweepStore, dict[str, Cell], dict[str, StoredCell]]:
    """A stored sweep of Trp-cage with two seeds, one failed cell and one at η without kelvin."""
    cells = grid(
        ["trp-cage"],
        axes={"temperature": KELVIN, "gamma": [0.5, 1.0], "seed": [0, 1]},
        samples=20,
    )
    cells.append(grid(["trp-cage"], axes={"eta": [2.0]}, guidance="force")[0])
    keyed = {f"cell{i}": cell for i, cell in enumerate(cells)}
    store = SweepStore(tmp_path_factory.mktemp("melting") / "sweep")
    store.request(list(keyed.items()), SweepJob(energies=0).to_dict())
    rows = {}
    for key, cell in keyed.items():
        fraction = FRACTIONS.get(cell.temperature, 0.5)
        result = CellResult(
            conformers("trp-cage", round(20 * fraction), 20),
            {"energy": -400.0 + cell.config.seed, "energy_sd": 10.0, "energies": 20},
        )
        if cell.temperature == 450 and cell.config.gamma == 0.5 and cell.config.seed:
            result = CellResult(None, {}, "out of memory")
        rows[key] = store.save(key, cell, result)
    return store, keyed, rows


@pytest.fixture(scope="module")
def curves(sweep):
    store, cells, rows = sweep
    return MeltingCurves(store, SweepJob(energies=0))(cells, rows)


def test_seeds_are_pooled_for_each_gamma(curves):
    assert [curve.gamma for curve in curves] == [0.5, 1]
    half, full = curves
    assert [point.kelvin for point in full.samples.points] == list(KELVIN)
    assert [point.frames for point in full.samples.points] == [40] * 4
    assert half.samples.points[-1].frames == 20  # the other cell has failed
    found = [point.folded.value for point in full.samples.points]
    assert found == pytest.approx(list(FRACTIONS.values()))
    assert full.samples.points[0].energy.value == pytest.approx(-399.5)
    low, high = full.samples.points[0].energy[1:]
    assert high - low == pytest.approx(2 * 2.0244 * 1.2533 * 10 / 40**0.5, rel=1e-3)
    assert full.samples.fit.melting.low < 365 < full.samples.fit.melting.high
    assert "approximate" in half.definition and "approximate" not in full.definition
    assert "CA-RMSD < 3 Å" in full.definition


def test_the_reference_is_beside_the_samples(curves):
    reference = proteins.get("trp-cage").reference()
    full = curves[1]
    assert full.simulated.kelvin.tolist() == reference.ladder.tolist()
    assert full.simulated_there.kelvin.tolist() == list(KELVIN)
    assert 300 < full.simulated.fit.melting.value < 450
    samples, simulation = full.sentences()
    assert samples.startswith("Samples, γ 1: T_m = ")
    assert simulation.startswith("Molecular dynamics: T_m = ") and "kJ/mol" in simulation


def test_folded_fractions_of_the_reference_are_those_of_its_frames():
    """At a temperature of the exchange, MBAR gives about the frames simulated at it."""
    from confdiff_widgets.analysis import ca_rmsd

    protein = proteins.get("chignolin")
    reference = protein.reference()
    curve = reference_melting(protein)
    folded = ca_rmsd(reference.frames[:, :, 1], reference.folded_ca) < protein.folded_cutoff
    for k in (2, 8, 14):
        simulated = folded[reference.state == k].mean()
        point = curve.points[k]
        assert point.folded.low - 0.02 <= simulated <= point.folded.high + 0.02
    fractions = [point.folded.value for point in curve.points]
    assert fractions == sorted(fractions, reverse=True)
    assert curve.fit.enthalpy.low > 0


def test_sweeps_without_temperatures_have_no_curve(sweep):
    store, cells, rows = sweep
    calculate = MeltingCurves(store, SweepJob(energies=0))
    assert calculate({}, {}) == []
    one = {key: cell for key, cell in cells.items() if cell.temperature in (300, None)}
    assert calculate(one, rows) == []
    assert calculate(cells, {}) == []


def test_tables_and_files(curves, tmp_path):
    headings, rows = melting_table(curves[1])
    assert headings[0] == "T (K)" and [row[0] for row in rows] == ["300", "350", "400", "450"]
    assert rows[0][2].startswith("0.90 (") and all(len(row) == len(headings) for row in rows)
    lines = list(csv.DictReader(io.StringIO(melting_csv(curves))))
    assert {line["source"] for line in lines} == {"samples", "molecular dynamics"}
    assert len(lines) == 2 * (4 + 16)
    assert lines[0]["temperature_k"] == "300.0" and lines[0]["folded_replicas"] == ""
    files = save_melting(curves, tmp_path / "trp-cage-melting")
    assert [file.suffix for file in files] == [".html", ".csv", ".json"]
    stored = json.loads(files[2].read_text(encoding="utf-8"))
    fit = stored[1]["curves"]["samples"]
    assert fit["t_m_k"]["low"] < fit["t_m_k"]["value"] < fit["t_m_k"]["high"]
    assert stored[1]["gamma"] == 1


def test_figures_show_samples_and_reference(curves):
    folded, rg, energy = melting_figures(curves)
    names = [trace["name"] for trace in folded.data]
    assert names[0] == "molecular dynamics" and "samples, γ 1" in names
    points = next(trace for trace in folded.data if trace["name"] == "samples, γ 1")
    assert points["x"] == list(KELVIN) and points["y"] == pytest.approx([0.9, 0.6, 0.3, 0.1])
    assert all(error > 0 for error in points["error_y"]["array"])
    assert "fit, samples, γ 1" in names
    assert [trace["name"] for trace in rg.data] == [
        "molecular dynamics", "samples, γ 0.5", "samples, γ 1"]  # fmt: skip
    assert "molecular dynamics" not in [trace["name"] for trace in energy.data]
    page = melting_page(curves)
    assert "Melting curve: Trp-cage" in page and "ΔCp = 0" in page
    assert "prefers-color-scheme: dark" in page and "folding events" in page
