"""Maps over η and γ, and the Pareto front."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sweep import Cell
from confdiff_widgets.sweep.figure import sweep_figure
from confdiff_widgets.sweep.maps import make_maps, pareto_front
from confdiff_widgets.sweep.store import StoredCell


def _cell(eta: float, gamma: float, seed: int = 0, protein: str = "chignolin") -> Cell:
    return Cell(protein, SamplerConfig(eta=eta, gamma=gamma, seed=seed, guidance="force"))


CELLS = {
    f"{eta}-{gamma}-{seed}": _cell(eta, gamma, seed)
    for eta in (0.0, 2.0)
    for gamma in (0.5, 0.8, 1.0)
    for seed in (0, 1)
} | {"other": _cell(4.0, 1.5, protein="trp-cage")}


def _rows(*, failed: str = "") -> dict[str, StoredCell]:
    rows = {}
    for key, cell in CELLS.items():
        if key.startswith("2.0-1.0"):
            continue  # not computed yet
        energy = -300 - 10 * cell.config.eta - cell.config.seed
        metrics = {"energy": energy, "diversity": 3 + cell.config.gamma, "validity": 1.0}
        reason = "no" if key.startswith(failed or "none") else ""
        rows[key] = StoredCell(key, cell, "", {} if reason else metrics, reason)
    return rows


def test_maps_are_means_over_seeds_of_one_protein():
    maps = make_maps(CELLS, _rows(), "chignolin")
    assert (maps.strengths, maps.gammas) == ([0, 2], [0.5, 0.8, 1])
    energy = maps.values["energy"]
    np.testing.assert_allclose(energy[0], -300.5)
    np.testing.assert_allclose(energy[1, :2], -320.5)
    assert np.isnan(energy[1, 2])
    assert maps.keys[1, 0] == ["2.0-0.5-0", "2.0-0.5-1"]
    assert np.isnan(maps.values["js_tic"]).all()
    assert maps.name(1, 2) == "η 2, γ 1" and maps.axis == "η" and maps.labels == ["0", "2"]


def test_temperatures_are_rows_in_kelvin():
    cells = {
        f"{kelvin}": Cell("chignolin", SamplerConfig(temperature=kelvin))
        for kelvin in (450.0, 300.0, 325.0)
    }
    maps = make_maps(cells, {}, "chignolin")
    assert maps.strengths == [300, 325, 450] and maps.labels == ["300", "325", "450"]
    assert maps.name(1, 0) == "325 K, γ 1" and maps.axis == "Temperature (K)"
    assert maps.keys[2, 0] == ["450.0"]
    figure = Image.open(io.BytesIO(sweep_figure(maps, "chignolin")))
    assert np.asarray(figure.convert("L")).std() > 10
    mixed = make_maps(cells | {"other": _cell(2.0, 1.0)}, {}, "chignolin")
    assert not mixed.thermal and mixed.strengths[-1] == 2


def test_entries_fail_if_all_their_cells_fail():
    maps = make_maps(CELLS, _rows(failed="2.0-0.5"), "chignolin")
    assert maps.failed[1, 0]
    assert maps.failed.sum() == 1
    one = make_maps(CELLS, _rows(failed="2.0-0.5-1"), "chignolin")
    assert not one.failed.any()
    np.testing.assert_allclose(one.values["energy"][1, 0], -320)


def test_pareto_front_contains_the_undominated_points():
    rng = np.random.default_rng(0)
    low, high = rng.normal(size=(2, 40))
    low[3] = np.nan
    front = pareto_front(low.tolist(), high.tolist())
    for i in range(40):
        dominated = any(
            low[j] <= low[i] and high[j] >= high[i] and (low[j], high[j]) != (low[i], high[i])
            for j in range(40)
        )
        assert (i in front) == (not dominated and i != 3)
    assert list(low[front]) == sorted(low[front])
    assert pareto_front([], []) == []


def test_figure_of_an_unfinished_sweep():
    maps = make_maps(CELLS, _rows(failed="2.0-0.5"), "chignolin")
    figure = Image.open(io.BytesIO(sweep_figure(maps, "chignolin")))
    assert np.asarray(figure.convert("L")).std() > 20
