"""Ensembles with missing, additional or exchanged residues."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from confdiff_widgets import proteins
from confdiff_widgets.analysis import compare, fit_tica
from confdiff_widgets.ensembles import EnsembleData, read_ensemble
from confdiff_widgets.ensembles.sequence_matching import match
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.reports import Target, evaluate, read_states
from confdiff_widgets.reports.figures import figures
from confdiff_widgets.reports.html_page import report_page

from ..foreign_files import SEQUENCE
from .test_evaluation import QUICK

BPTI = "RPDFCLEPPYTGPCKARIIRYFYNAKAGLCQTFVYGGCRAKRNNFKSAEDCMRTCGGA"
LOOP = [0, 1, 2, 3, 6, 7, 8, 9]
"""Residues of chignolin without E5 and T6."""


@pytest.fixture(scope="module")
def target() -> Target:
    """Return frames of the reference as if each replica were continuous in time."""
    return replace(Target.of_protein(proteins.get("chignolin")), frame_ps=20.0)


def part(target: Target, kept: list[int], name: str = "part", thin: int = 101) -> EnsembleData:
    """Return frames of the reference with these residues only."""
    letters = "".join(SEQUENCE[i] for i in kept)
    return EnsembleData(name, letters, target.ca[::thin, kept], target.backbone[::thin, kept])


@pytest.mark.parametrize(
    ("found", "wanted", "indices", "tags", "differences"),
    [
        (BPTI, BPTI, range(58), 0, ()),
        ("GSHM" + BPTI, BPTI, range(58), 4, ()),
        (BPTI[2:], BPTI, range(2, 58), 0, ("residues 1–2 RP missing",)),
        (
            "GSHM" + BPTI[:20] + BPTI[27:] + "LE", BPTI, [*range(20), *range(27, 58)], 6,
            ("residues 21–27 YFYNAKA missing",),
        ),
        (
            BPTI[:13] + "A" + BPTI[14:37] + "S" + BPTI[38:], BPTI, range(58), 0,
            ("residue 14 is A, not C", "residue 38 is S, not C"),
        ),
        ("GYDPETGTWG", SEQUENCE, range(10), 0,
         ("residue 1 is G, not Y", "residue 10 is G, not Y")),
        (BPTI[:5] + "GG" + BPTI[5:], BPTI, range(58), 0, ("GG inserted after residue 5",)),
        (SEQUENCE + "GS" + "YYDPETGSWY", SEQUENCE, range(10), 12, ()),
    ],
)  # fmt: skip
def test_sequences_are_aligned(found, wanted, indices, tags, differences):
    result = match(found, wanted, "x")
    assert result.wanted.tolist() == list(indices)
    assert result.tags == tags and result.differences == differences
    same = [found[j] == wanted[i] for i, j in zip(result.wanted, result.found, strict=True)]
    assert same.count(False) == sum(" is " in text for text in differences)


def test_too_few_common_residues_are_an_error_with_the_differences():
    for found, wanted, message in (
        (
            BPTI[:25],
            BPTI,
            "25 match the 58 of the protein.*residues 26–58 KAGLCQTFVYGG…CMRTCGGA missing",
        ),
        ("YYDPAAAAAA", SEQUENCE, "4 match the 10 of the protein.*residues 5–10 ETGTWY missing"),
        ("NLYIQWLKDGGPSSGRPPPS", SEQUENCE, "x is not this protein: of its 20 residues"),
        (SEQUENCE * 2, SEQUENCE, "more than once"),
    ):
        with pytest.raises(StructureError, match=message):
            match(found, wanted, "x")


def test_a_missing_loop_is_omitted_for_all(target):
    whole = EnsembleData("whole", SEQUENCE, target.ca[::77], target.backbone[::77])
    found = evaluate([part(target, LOOP), whole], target, settings=QUICK)
    assert found.target.sequence == "YYDPGTWY"
    assert found.target.residues.tolist() == [1, 2, 3, 4, 7, 8, 9, 10]
    assert "Compared on 8 of 10 residues" in found.target.notes[-1]
    assert "E5, T6" in found.target.notes[-1] and "lag 400 ps" in found.target.notes[-1]
    assert found.ensembles[0].data.notes == ("residues 5–6 ET missing",)
    assert found.ensembles[1].data.notes == () and found.ensembles[1].data.sequence == "YYDPGTWY"
    expected = fit_tica(target.split(target.ca[:, LOOP]), lag_ps=400.0, frame_ps=20.0)
    np.testing.assert_allclose(
        found.ensembles[1].statistics.tics, expected.transform(whole.ca[:, LOOP]), atol=1e-6
    )
    direct = compare(
        whole.ca[:, LOOP], target.ca[:, LOOP], folded=target.folded[LOOP], tica=expected,
        baseline_draws=2, n_bootstrap=3,
    )  # fmt: skip
    for key in ("js_pwd", "js_rg", "js_tic", "contact_rmse", "rmsf_difference"):
        assert found.ensembles[1].comparison[key].value == pytest.approx(direct[key].value)
    assert direct["val_bond"].value < 0.1, "residues 4 and 7 have no bond"
    assert found.ensembles[1].comparison["val_bond"].value > 0.99
    drawn = {figure.key: figure for figure in figures(found)}
    assert drawn["rmsf"].data[0]["x"] == ["Y1", "Y2", "D3", "P4", "G7", "T8", "W9", "Y10"]
    assert "E5" not in drawn["plane"].caption
    assert json.loads(json.dumps(found.to_dict()))["residues"] == [1, 2, 3, 4, 7, 8, 9, 10]
    assert "residues 5–6 ET missing" in report_page(found)


def test_tags_and_mutations_do_not_change_the_metrics(target):
    plain = EnsembleData("plain", SEQUENCE, target.ca[::77], target.backbone[::77])
    tag = np.zeros((len(plain), 3, 3), np.float32)
    tagged = EnsembleData("tagged", "GSH" + SEQUENCE, np.concatenate([tag, plain.ca], axis=1))
    mutant = replace(plain, name="mutant", sequence="GYDPETGTWG")
    found = evaluate([plain, tagged, mutant], target, settings=QUICK)
    assert found.target.ca is target.ca, "no residue is omitted"
    one, two, three = (one.comparison.to_dict() for one in found.ensembles)
    assert one == two == three
    assert found.ensembles[1].data.notes == ("3 residues beyond the protein are omitted",)
    assert found.ensembles[2].data.notes == ("residue 1 is G, not Y, residue 10 is G, not Y",)
    assert found.ensembles[2].data.sequence == "GYDPETGTWG"


def test_several_ensembles_may_have_too_few_residues_in_common(target):
    first, last = part(target, list(range(7)), "first"), part(target, list(range(3, 10)), "last")
    for one in (first, last):
        assert len(evaluate([one], target, settings=QUICK).target.sequence) == 7
    with pytest.raises(StructureError, match="first, last have 4 of the 10 residues in common"):
        evaluate([first, last], target, settings=QUICK)


def test_without_continuous_frames_there_is_no_tica_and_a_note():
    target = Target.of_protein(proteins.get("trp-cage"))
    short = EnsembleData("short", target.sequence[2:], target.ca[::99, 2:])
    found = evaluate([short], target, settings=QUICK)
    assert found.target.tica is None and found.states is None
    missing, clashes = found.target.notes[-2:]
    assert (
        "No TICA of the remaining residues: the frames of the reference are not continuous"
        in missing
    )
    assert clashes.startswith("Backbone clashes are not counted")
    assert "js_tic" not in {m.key for m in found.ensembles[0].comparison}
    assert "plane" not in {figure.key for figure in figures(found)}


def test_files_with_part_of_the_protein(tmp_path, heavy, expected):
    for name, chosen in (("cut", "resid 1 to 9"), ("loop", "resid 0 to 3 or resid 6 to 9")):
        heavy.atom_slice(heavy.topology.select(chosen)).save_pdb(tmp_path / f"{name}.pdb")
    cut = read_ensemble(tmp_path / "cut.pdb", sequence=SEQUENCE)
    assert cut.sequence == SEQUENCE[1:] and cut.notes == ("residue 1 Y missing",)
    np.testing.assert_allclose(cut.ca, expected[:, 1:], atol=0.011)
    other = heavy.atom_slice(heavy.topology.select("resid 0 to 3"))
    both = heavy.atom_slice(heavy.topology.select("resid 1 to 9")).stack(other)
    both.save_pdb(tmp_path / "two.pdb")
    assert read_ensemble(tmp_path / "two.pdb", sequence=SEQUENCE).sequence == SEQUENCE[1:]


def test_states_are_compared_on_the_residues_that_they_have(tmp_path, target, heavy):
    heavy[0].save_pdb(tmp_path / "whole.pdb")
    heavy[1].atom_slice(heavy.topology.select("resid 1 to 9")).save_pdb(tmp_path / "cut.pdb")
    known = read_states([tmp_path / "whole.pdb", tmp_path / "cut.pdb"], SEQUENCE)
    assert known.ca.shape == (2, 9, 3) and known.residues.tolist() == list(range(1, 10))
    assert known.notes == ("cut: residue 1 Y missing",)
    whole = EnsembleData("whole", SEQUENCE, target.ca[::77])
    found = evaluate([whole], target, known=known, settings=QUICK)
    assert len(found.target.sequence) == 10, "distributions use all residues"
    assert "State cut: residue 1 Y missing." in found.target.notes
    both = evaluate([whole, part(target, LOOP)], target, known=known, settings=QUICK)
    assert both.known.residues.tolist() == list(range(1, 8))
    np.testing.assert_allclose(both.known.ca, known.ca[:, [0, 1, 2, 5, 6, 7, 8]])


def test_files_of_a_reference_must_have_the_same_residues(tmp_path, files, heavy):
    heavy.atom_slice(heavy.topology.select("resid 1 to 9")).save_pdb(tmp_path / "cut.pdb")
    with pytest.raises(
        StructureError, match="does not have the residues of the reference: residue 1 Y"
    ):
        Target.from_files([files / "models.pdb", tmp_path / "cut.pdb"])
