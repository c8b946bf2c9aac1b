"""Residues of a structure that belong to a protein: differences, tags and refusals."""

from __future__ import annotations

import pytest

from confdiff_widgets.ensembles.sequence_matching import (
    common_residues,
    is_comparable,
    match,
    summarise,
)
from confdiff_widgets.geometry.structure import StructureError

PROTEIN = "YYDPETGTWY"


def test_the_whole_protein_in_a_longer_chain():
    found = match("GG" + PROTEIN + "A", PROTEIN, "x")
    assert found.found.tolist() == list(range(2, 12)) and found.wanted.tolist() == list(range(10))
    assert found.notes == ("3 residues beyond the protein are omitted",)


def test_differences_are_counted_from_one():
    found = match("YYDPATGWY", PROTEIN, "x")
    assert found.differences == ("residue 5 is A, not E", "residue 8 T missing")
    assert found.wanted.tolist() == [0, 1, 2, 3, 4, 5, 6, 8, 9]


def test_insertions_are_named():
    assert match("YYDPEGGTGTWY", PROTEIN, "x").differences == ("GG inserted after residue 5",)


def test_two_copies_and_other_proteins_are_refused():
    with pytest.raises(StructureError, match="contains the sequence YYDPETGTWY more than once"):
        match(2 * PROTEIN, PROTEIN, "x")
    with pytest.raises(StructureError, match="x is not this protein: of its 6 residues, 0 match"):
        match("AAAAAA", PROTEIN, "x")
    assert is_comparable("YYDPETG", PROTEIN) and not is_comparable("AAAA", PROTEIN)


def test_common_residues_are_those_of_all():
    common, present = common_residues([("a", PROTEIN[2:]), ("b", PROTEIN[:-2])], PROTEIN)
    assert common.tolist() == list(range(2, 8))
    assert [indices.tolist() for indices in present] == [list(range(2, 10)), list(range(8))]
    with pytest.raises(StructureError, match="a, b have 0 of the 10 residues in common"):
        common_residues([("a", PROTEIN[:5]), ("b", PROTEIN[5:])], PROTEIN)


def test_long_lists_are_cut():
    assert summarise([str(i) for i in range(8)]) == "0, 1, 2, 3, 4, 5 and 2 more"
