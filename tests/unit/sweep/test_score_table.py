"""Score tables: settings that differ, excesses, and cells without a metric."""

from __future__ import annotations

from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sweep import Cell
from confdiff_widgets.sweep.score_table import COLUMNS, score_html, score_table
from confdiff_widgets.sweep.store import StoredCell

METRICS = {"energy": -212.34, "js_pwd_excess": 0.0512, "js_torsions_excess": 0.11, "validity": 1.0}


def stored(metrics=METRICS, **settings):
    return StoredCell("key", Cell("chignolin", SamplerConfig(samples=2, **settings)), "", metrics)


def test_excesses_and_settings_are_columns():
    table = score_table([stored(seed=1), stored({}, seed=2)])
    assert table.headings == ["η", "γ", "seed", *COLUMNS.values()]
    first, second = (dict(zip(table.headings, row, strict=True)) for row in table.rows)
    assert first["√excess JS-PwD"] == "0.0512" and first["√excess JS φ, ψ"] == "0.11"
    assert first["energy (kcal/mol)"] == "-212.3" and first["seed"] == "1"
    assert second["√excess JS-PwD"] == "–"


def test_temperatures_replace_eta():
    table = score_table([stored(temperature=350.0, guidance="temperature")])
    assert table.headings[0] == "T (K)" and table.rows[0][0] == "350.0"
    assert "η" not in table.headings


def test_html_says_which_atoms_are_meant():
    text = score_html([stored()])
    assert "N, CA, C, O atoms" in text and "no CA pair &lt; 3.0 Å" in text
    assert "Folded: CA-RMSD &lt; 2 Å (chignolin)" in text
    assert score_html([]) == ""
