"""Evaluations: results, tables, figures, reports and invalid input."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html import escape

import numpy as np
import pytest
from rich.console import Console

from confdiff_widgets import proteins
from confdiff_widgets.analysis import ca_rmsd, compare, contact_rates
from confdiff_widgets.ensembles import EnsembleData, OutputError
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
from confdiff_widgets.reports.tables import (
    csv_text,
    html_table,
    markdown,
    rich_table,
    rows,
    stacked,
)

from ..foreign_files import SEQUENCE

QUICK = EvaluationSettings(baseline_draws=2, n_bootstrap=3, n_states=3)


@pytest.fixture(scope="module")
def target() -> Target:
    return Target.of_protein(proteins.get("chignolin"))


@pytest.fixture(scope="module")
def pair(target) -> list[EnsembleData]:
    """Return frames of the reference, and expanded ones without a backbone."""
    return [
        EnsembleData("md", SEQUENCE, target.ca[::97], target.backbone[::97]),
        EnsembleData("swollen", SEQUENCE, target.ca[::151] * np.float32(1.05), notes=("odd",)),
    ]


@pytest.fixture(scope="module")
def evaluation(target, pair):
    return evaluate(pair, target, settings=QUICK)


def test_metrics_equal_those_of_compare(target, pair, evaluation):
    for data, one in zip(pair, evaluation.ensembles, strict=True):
        expected = compare(
            data.ca,
            target.ca,
            folded=target.folded,
            tica=target.tica,
            trajectory=target.trajectory,
            baseline_draws=2,
            n_bootstrap=3,
        )
        assert one.comparison.to_dict() == expected.to_dict()
        np.testing.assert_allclose(one.statistics.contacts, contact_rates(data.ca))
    assert evaluation.reference.rmsf.shape == (10,)


def test_ensembles_of_another_temperature_are_reported(target, pair):
    same, other = (replace(pair[0], name=f"{k}", temperature=k) for k in (350.0, 300.0))
    found = evaluate([same, other], target, settings=QUICK)
    assert found.ensembles[0].data.notes == ()
    (note,) = found.ensembles[1].data.notes
    assert note.startswith(
        "sampled at 300 K, but the reference is at 350 K. Give --temperature 300"
    )


def test_states_populations_and_recovery(target, evaluation):
    assert len(evaluation.states) == 3 and evaluation.states.method == "gmm"
    first = evaluation.ensembles[0].statistics
    assert first.population.sum() == pytest.approx(1)
    gap = np.abs(first.population - evaluation.reference.population)
    assert (gap < 4 * first.population_error + 0.02).all(), "it is a sample of the reference"
    np.testing.assert_array_equal(evaluation.known.ca, target.ca[evaluation.medoids])
    for s, state in enumerate(evaluation.known.ca):
        assert evaluation.single_structure_rmsd[s] == pytest.approx(
            ca_rmsd(target.folded[None], state)[0]
        )
    baseline = evaluation.reference.recovery
    assert len(baseline.rmsd) == len(target.ca) - 3, "medoids are excluded from the baseline"
    assert baseline.rmsd.min() > 0
    for one in evaluation.ensembles:
        assert len(one.data) in baseline.sizes, "the baseline covers this sample size"


def test_a_reference_without_times_uses_a_gaussian_mixture():
    target = Target.of_protein(proteins.get("trp-cage"))
    assert target.frame_ps is None
    data = EnsembleData("md", target.sequence, target.ca[::9])
    found = evaluate([data], target, settings=QUICK)
    assert found.states.method == "gmm"
    assert "no Markov model" in {f.key: f.caption for f in figures(found)}["populations"]


def test_known_states_from_files(tmp_path, files, target, pair, expected):
    known = read_states([files / "singles" / "sample_3.pdb", files / "models.pdb"], SEQUENCE)
    assert known.names[:3] == ("sample_3", "models 1", "models 2") and len(known.ca) == 23
    known = KnownStates(known.names[:2], known.ca[:2], known.origin)
    found = evaluate(pair[:1], target, known=known, settings=QUICK)
    assert found.ensembles[0].statistics.recovery.names == ("sample_3", "models 1")
    with pytest.raises(SettingsError, match="No state was given"):
        read_states([], SEQUENCE)
    with pytest.raises(StructureError, match="is not this protein"):
        read_states([files / "models.pdb"], "DAYAQWLADGGPSSGRPPPS")


def test_all_renderings_have_the_same_cells(evaluation):
    table = rows(evaluation)
    assert {len(row.cells) for row in table} == {1 + 4 * 2 + 3}
    assert [row.label for row in table][-3:] == ["RMSDens (Å)", table[-2].label, "Coverage"]
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(rich_table(evaluation))
    text = console.export_text()
    as_markdown, as_html = markdown(evaluation), html_table(evaluation)
    for row in table:
        value = row.samples[0].value
        assert row.label in text and value in text
        assert row.label in as_markdown and value in as_markdown
        assert all(f">{escape(cell)}</td>" in as_html for cell in row.cells)
    assert len({line.count("|") for line in as_markdown.splitlines()}) == 1
    found = list(csv.DictReader(io.StringIO(csv_text(evaluation))))
    assert {row["ensemble"] for row in found} == {"md", "swollen"}
    value = next(r for r in found if r["metric"] == "js_pwd" and r["ensemble"] == "swollen")
    assert float(value["value"]) == evaluation.ensembles[1].comparison["js_pwd"].value


def test_narrow_terminals_do_not_cut_numbers(evaluation):
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(rich_table(evaluation))
    text = console.export_text()
    for row in rows(evaluation):
        for sample in row.samples:
            cells = [cell for group in stacked(sample) for cell in group.split("\n")]
            assert all(cell in text for cell in cells), row.label


def test_json_has_all_results_under_the_stored_keys(evaluation):
    found = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
    assert [e["name"] for e in found["ensembles"]] == ["md", "swollen"]
    assert found["ensembles"][1]["notes"] == ["odd"]
    assert found["states"]["lag_ps"] is None  # frames of one temperature are not continuous
    assert len(found["recovery_static"]) == 3
    assert found["settings"]["seed"] == 0 and found["settings"]["n_floor"] == 2
    assert found["recovery_floor"]["names"] == ["state 1", "state 2", "state 3"]
    header = csv_text(evaluation).splitlines()[0]
    assert header.endswith(
        "good,value,low,high,floor_mean,floor_sd,static,reference,"
        "floor_finite,floor_reference,excess,excess_low,excess_high"
    )


def test_figures_show_the_data(evaluation, target):
    found = {figure.key: figure for figure in figures(evaluation)}
    assert list(found) == [
        "distances", "validity", "plane", "profile", "populations", "efficiency", "hardest", "rg",
        "folded_rmsd", "rmsf", "contacts",
    ]  # fmt: skip
    json.dumps([f.data for f in found.values()], allow_nan=False)
    points = found["plane"].data[1]
    np.testing.assert_allclose(
        points["x"], evaluation.ensembles[0].statistics.tics[:, 0], atol=1e-4
    )
    assert "implied time scale 2.4 ns at the lag of 400 ps" in found["plane"].caption
    assert re.search(r"CA distances [A-Z]\d+–[A-Z]\d+ \([+-]0\.\d\d\)", found["plane"].caption)
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


def test_page_is_complete_and_works_offline(evaluation):
    page = report_page(evaluation)
    start = page.index("<script>")
    own = page[:start] + page[page.index("</script>", start) :]
    assert not re.findall(r"https?:", own)
    assert not re.findall(r"<link[^>]*href=\"(?!data:)|\ssrc=|@import|url\(", own)
    assert page.count("<script") == page.count("</script>") == 3
    assert "{{" not in own and len(page.encode()) < 7e6
    for row in rows(evaluation):
        assert f">{row.label}</td>" in own
    assert own.count('class="plot"') == 11


def test_names_are_escaped(target, pair):
    nasty = replace(pair[0], name="</script><b>x")
    page = report_page(evaluate([nasty], target, settings=QUICK))
    assert "<b>x" not in page and page.count("</script>") == 3


def test_files_are_written_completely_or_not_at_all(tmp_path, evaluation):
    written = save(evaluation, tmp_path / "result")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "result.csv", "result.html", "result.json"
    ]  # fmt: skip
    assert json.loads(written[1].read_text())["target"] == "Chignolin CLN025"
    with pytest.raises(OutputError, match="Cannot write"):
        save(evaluation, tmp_path / "gone" / "result")


def test_an_ensemble_outside_the_grid_is_reported(target, pair):
    far = EnsembleData("far", SEQUENCE, target.ca[::500] * np.float32(4))
    found = evaluate([far], target, settings=QUICK)
    assert found.ensembles[0].statistics.surface is None
    assert found.ensembles[0].comparison["outside"].value > 0.9
    json.dumps([f.data for f in figures(found)], allow_nan=False)


def test_identical_frames_are_evaluated(target):
    constant = EnsembleData("constant", SEQUENCE, np.repeat(target.folded[None], 30, axis=0))
    found = evaluate([constant], target, settings=QUICK)
    for metric in found.ensembles[0].comparison:
        assert metric.value == pytest.approx(metric.single_structure, abs=1e-6), metric.key


def test_invalid_input_is_named_in_the_error(target, pair):
    one = EnsembleData("one", SEQUENCE, target.ca[:1])
    other = EnsembleData("other", "NLYIQWLKDG", target.ca[:9])
    for ensembles, error, message in (
        ([], SettingsError, "No ensemble was given"),
        ([one], SettingsError, "one has one frame"),
        ([pair[0], pair[0]], SettingsError, "Two ensembles are called md"),
        ([other], StructureError, "other is not this protein: of its 10 residues, 1 match"),
        ([EnsembleData("nm", SEQUENCE, target.ca[:9] / 10)], ValueError, "look like nm"),
        ([EnsembleData("nan", SEQUENCE, target.ca[:9] * np.nan)], ValueError, "NaN"),
    ):
        with pytest.raises(error, match=message):
            evaluate(ensembles, target, settings=QUICK)
    for settings, message in (
        ({"n_states": 1}, "n_states is 1"),
        ({"covered": 0.0}, "covered is 0.0"),
        ({"baseline_draws": 1}, "baseline_draws is 1"),
        ({"outside": "fold"}, "outside is 'fold'"),
    ):
        with pytest.raises(SettingsError, match=message):
            EvaluationSettings(**settings)
    few = replace(target, ca=target.ca[:3], trajectory=target.trajectory[:3])
    with pytest.raises(SettingsError, match="The reference has 3 frames"):
        evaluate(pair[:1], few, settings=QUICK)
