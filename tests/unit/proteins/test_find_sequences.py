"""Sequences by name, as text and in files."""

from __future__ import annotations

import pytest

from confdiff_widgets.proteins import UnknownProteinError
from confdiff_widgets.proteins.find_sequences import find_sequences


def test_a_name_is_a_bundled_protein_and_a_text_a_sequence():
    (bundled,) = find_sequences("CLN025")
    assert (bundled.name, bundled.sequence) == ("chignolin", "YYDPETGTWY")
    (typed,) = find_sequences("GYDPATGTWG")
    assert (typed.name, typed.sequence) == ("sample", "GYDPATGTWG")


def test_all_entries_of_a_file_are_found(tmp_path):
    path = tmp_path / "two.fasta"
    path.write_text(">one\nACDEF\n>two\nGHIK\n")
    assert [s.name for s in find_sequences(path)] == ["one", "two"]


@pytest.mark.parametrize("text", ["gydp", "Gly-Tyr-Asp-Pro", "ACD"])
def test_texts_that_may_be_sequences_get_advice(text):
    with pytest.raises(UnknownProteinError, match="Write a sequence of at least 4 residues in one"):
        find_sequences(text)


def test_other_texts_suggest_a_name_only():
    with pytest.raises(UnknownProteinError, match="Did you mean chignolin") as caught:
        find_sequences("chignolim")
    assert "one-letter" not in str(caught.value)
