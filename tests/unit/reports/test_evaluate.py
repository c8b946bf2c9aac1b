"""Evaluations: what they hold, what they say in tables and figures, what they refuse."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from confdiff_widgets import proteins
from confdiff_widgets.analysis import ca_rmsd, compare, contact_rates
from confdiff_widgets.ensembles import EnsembleData
from confdiff_widgets.ensembles.ensemble import OutputError
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.reports import (
    EvaluationSettings,
    KnownStates,
    Target,
    evaluate,
    read_states,
)
from confdiff_widgets.reports.figures import figures
from confdiff_widgets.reports.html_page import report_page
from confdiff_widgets.reports.saving import save
from confdiff_widgets.reports.tables import csv_text, markdown_table, rich_table, rows

from ..foreign_files import SEQUENCE

QUICK = EvaluationSettings(n_floor=2, n_bootstrap=3, n_states=3)


@pytest.fixture(scope="module")
def target() -> Target:
    return Target.of_protein(proteins.get("chignolin"))


@pytest.fixture(scope="module")
def pair(target) -> list[EnsembleData]:
    """Frames of the reference itself, and swollen ones without a backbone."""
    return [
        EnsembleData("md", SEQUENCE, target.ca[::97], target.backbone[::97]),
        EnsembleData("swollen", SEQUENCE, target.ca[::151] * np.float32(1.05), notes=("odd",)),
    ]


@pytest.fixture(scope="module")
def judged(target, pair):
    return evaluate(pair, target, settings=QUICK)


def test_numbers_are_those_of_compare(target, pair, judged):
    for data, one in zip(pair, judged.judged, strict=True):
        expected = compare(
            data.ca, target.ca, folded=target.folded, tica=target.tica, n_floor=2, n_bootstrap=3
        )
        assert one.comparison.to_dict() == expected.to_dict()
        np.testing.assert_allclose(one.view.contacts, contact_rates(data.ca))
    assert judged.reference.rmsf.shape == (10,)


def test_states_populations_and_recovery(target, judged):
    assert len(judged.states) == 3 and judged.states.method == "msm"
    first = judged.judged[0].view
    assert first.population.sum() == pytest.approx(1)
    gap = np.abs(first.population - judged.reference.population)
    assert (gap < 4 * first.population_error + 0.02).all(), "frames of the reference itself"
    np.testing.assert_array_equal(judged.known.ca, target.ca[judged.middles])
    for s, state in enumerate(judged.known.ca):
        assert judged.static_rmsd[s] == pytest.approx(ca_rmsd(target.folded[None], state)[0])
    floor = judged.reference.recovery
    assert len(floor.rmsd) == len(target.ca) - 3, "a state's own frame is not its floor"
    assert floor.rmsd.min() > 0
    for one in judged.judged:
        assert len(one.data) in floor.sizes, "the floor is for as many frames"


def test_a_reference_without_times_gets_a_mixture():
    target = Target.of_protein(proteins.get("trp-cage"))
    assert target.frame_ps is None
    data = EnsembleData("md", target.sequence, target.ca[::9])
    found = evaluate([data], target, settings=QUICK)
    assert found.states.method == "gmm"
    assert "no Markov model" in {f.key: f.about for f in figures(found)}["populations"]


def test_known_states_come_from_files(tmp_path, files, target, pair, expected):
    known = read_states([files / "singles" / "sample_3.pdb", files / "models.pdb"], SEQUENCE)
    assert known.names[:3] == ("sample_3", "models 1", "models 2") and len(known.ca) == 23
    known = KnownStates(known.names[:2], known.ca[:2], known.origin)
    found = evaluate(pair[:1], target, known=known, settings=QUICK)
    assert found.judged[0].view.recovery.names == ("sample_3", "models 1")
    with pytest.raises(SettingsError, match="No state was given"):
        read_states([], SEQUENCE)
    with pytest.raises(StructureError, match="is not this protein"):
        read_states([files / "models.pdb"], "DAYAQWLADGGPSSGRPPPS")


def test_tables_agree(judged):
    table = rows(judged)
    assert {len(row) for row in table} == {1 + 3 * 2 + 3}
    assert [row[0] for row in table][-3:] == ["RMSDens (Å)", table[-2][0], "Coverage"]
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(rich_table(judged))
    text = console.export_text()
    markdown = markdown_table(judged)
    for row in table:
        assert row[0] in text and row[1] in text
        assert row[0] in markdown and row[1] in markdown
    assert len({line.count("|") for line in markdown.splitlines()}) == 1
    found = list(csv.DictReader(io.StringIO(csv_text(judged))))
    assert {row["ensemble"] for row in found} == {"md", "swollen"}
    value = next(r for r in found if r["metric"] == "js_pwd" and r["ensemble"] == "swollen")
    assert float(value["value"]) == judged.judged[1].comparison["js_pwd"].value


def test_everything_is_in_the_json(judged):
    found = json.loads(json.dumps(judged.to_dict(), allow_nan=False))
    assert [e["name"] for e in found["ensembles"]] == ["md", "swollen"]
    assert found["ensembles"][1]["notes"] == ["odd"]
    assert found["states"]["lag_ps"] == 400.0
    assert len(found["recovery_static"]) == 3
    assert found["settings"]["seed"] == 0


def test_figures_show_the_data(judged, target):
    found = {figure.key: figure for figure in figures(judged)}
    assert list(found) == [
        "distances", "validity", "plane", "profile", "populations", "efficiency", "hardest", "rg",
        "folded_rmsd", "rmsf", "contacts",
    ]  # fmt: skip
    json.dumps([f.data for f in found.values()], allow_nan=False)
    points = found["plane"].data[1]
    np.testing.assert_allclose(points["x"], judged.judged[0].view.tics[:, 0], atol=1e-4)
    assert "implied time scale 2.4 ns at the lag of 400 ps" in found["plane"].about
    assert re.search(r"CA distances [A-Z]\d+–[A-Z]\d+ \([+-]0\.\d\d\)", found["plane"].about)
    for figure in (found["rg"], found["folded_rmsd"]):
        for line in figure.data:
            step = line["x"][1] - line["x"][0]
            assert 0.9 < sum(line["y"]) * step <= 1.01
    heat = np.array(found["contacts"].data[1]["z"], dtype=float)
    lower = heat[np.tril_indices(10, -3)]
    assert lower.min() >= 0 and np.isnan(heat[0, 1])
    profile = found["profile"].data[0]
    assert min(v for v in profile["y"] if v is not None) == 0
    assert max(e for e in profile["error_y"]["array"] if e is not None) > 0


def test_page_loads_nothing_and_says_everything(judged):
    page = report_page(judged)
    start = page.index("<script>")
    own = page[:start] + page[page.index("</script>", start) :]
    assert not re.findall(r"https?:", own)
    assert not re.findall(r"<link[^>]*href=\"(?!data:)|\ssrc=|@import|url\(", own)
    assert page.count("<script") == page.count("</script>") == 3
    assert "{{" not in own and len(page.encode()) < 7e6
    for row in rows(judged):
        assert f">{row[0]}</td>" in own
    assert own.count('class="plot"') == 11


def test_names_are_escaped(target, pair):
    nasty = replace(pair[0], name="</script><b>x")
    page = report_page(evaluate([nasty], target, settings=QUICK))
    assert "<b>x" not in page and page.count("</script>") == 3


def test_files_are_written_whole_or_not_at_all(tmp_path, judged, monkeypatch):
    written = save(judged, tmp_path / "result")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "result.csv", "result.html", "result.json"
    ]  # fmt: skip
    assert json.loads(written[1].read_text())["target"] == "Chignolin CLN025"
    with pytest.raises(OutputError, match="failed"):
        save(judged, tmp_path / "gone" / "result")


def test_one_wholly_outside_is_told_not_lost(target, pair):
    far = EnsembleData("far", SEQUENCE, target.ca[::500] * np.float32(4))
    found = evaluate([far], target, settings=QUICK)
    assert found.judged[0].view.surface is None
    assert found.judged[0].comparison["outside"].value > 0.9
    json.dumps([f.data for f in figures(found)], allow_nan=False)


def test_identical_frames_are_judged(target):
    still = EnsembleData("still", SEQUENCE, np.repeat(target.folded[None], 30, axis=0))
    found = evaluate([still], target, settings=QUICK)
    for metric in found.judged[0].comparison:
        assert metric.value == pytest.approx(metric.static, abs=1e-6), metric.key


def test_bad_input_is_named(target, pair):
    one = EnsembleData("one", SEQUENCE, target.ca[:1])
    other = EnsembleData("other", "NLYIQWLKDG", target.ca[:9])
    for ensembles, error, message in (
        ([], SettingsError, "No ensemble was given"),
        ([one], SettingsError, "one has one frame"),
        ([pair[0], pair[0]], SettingsError, "Two ensembles are called md"),
        ([other], StructureError, "other is not this protein: it has 10 residues, 1 of"),
        ([EnsembleData("nm", SEQUENCE, target.ca[:9] / 10)], ValueError, "look like nm"),
        ([EnsembleData("nan", SEQUENCE, target.ca[:9] * np.nan)], ValueError, "NaN"),
    ):
        with pytest.raises(error, match=message):
            evaluate(ensembles, target, settings=QUICK)
    for settings, message in (
        ({"n_states": 1}, "n_states is 1"),
        ({"covered": 0.0}, "covered is 0.0"),
        ({"n_floor": 1}, "n_floor is 1"),
        ({"outside": "fold"}, "outside is 'fold'"),
    ):
        with pytest.raises(SettingsError, match=message):
            EvaluationSettings(**settings)
    few = replace(target, ca=target.ca[:3], trajectory=target.trajectory[:3])
    with pytest.raises(SettingsError, match="The reference has 3 frames"):
        evaluate(pair[:1], few, settings=QUICK)
