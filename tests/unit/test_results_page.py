"""The results page matches its records, and the records match the bundled networks."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from confdiff_widgets import proteins

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "benchmarks" / "results"
FIX = "run `python benchmarks/results_page.py`"


@pytest.fixture(scope="module")
def results_page():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield importlib.import_module("results_page")
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def test_page_matches_the_records(results_page):
    written = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert results_page.page(RECORDS) == written, f"docs/results.md is stale: {FIX} --page"


@pytest.mark.parametrize("name", proteins.names())
def test_records_match_the_bundled_networks(results_page, name):
    record = json.loads((RECORDS / f"evaluation_{name}.json").read_text(encoding="utf-8"))
    assert record["fingerprint"] == results_page.fingerprint(name), (
        f"the networks or the reference of {name} have changed since: {FIX} {name}"
    )
    kinds = [run["config"]["guidance"] for run in record["runs"]]
    assert kinds == list(results_page.kinds(name))
    assert (ROOT / "docs" / f"results_{name}.png").is_file()


def test_every_metric_has_baselines(results_page):
    for name in proteins.names():
        record = (RECORDS / f"evaluation_{name}.json").read_text(encoding="utf-8")
        for one in json.loads(record)["ensembles"]:
            for metric in one["metrics"].values():
                assert {"value", "low", "high", "floor_mean", "floor_sd", "static"} <= set(metric)


@pytest.mark.slow
def test_the_command_runs(results_page, tmp_path):
    results_page.main(
        ["chignolin", "--samples", "16", "--records", str(tmp_path), "--docs", str(tmp_path)]
    )
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert text.startswith("# Results") and "## Chignolin" in text
    assert "| JS-PwD |" in text and "Network evaluations per conformer:" in text
    assert (tmp_path / "results_chignolin.png").stat().st_size > 20_000
    record = json.loads((tmp_path / "evaluation_chignolin.json").read_text(encoding="utf-8"))
    assert len(record["ensembles"]) == len(results_page.kinds("chignolin"))
