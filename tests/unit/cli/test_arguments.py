"""Arguments that several commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from confdiff_widgets.cli._arguments import find_targets, free_name, output_paths
from confdiff_widgets.ensembles import OutputError
from confdiff_widgets.ensembles.sequence_files import NamedSequence
from confdiff_widgets.errors import SettingsError

ONE, TWO = NamedSequence("one", "ACDEF"), NamedSequence("two", "GHIKL")


def test_a_protein_or_a_sequence_but_not_both():
    assert find_targets("chignolin")[0].sequence == "YYDPETGTWY"
    assert find_targets(None, "GASPK")[0] == NamedSequence("sample", "GASPK")
    for given in ((None, None), ("chignolin", "GASPK")):
        with pytest.raises(SettingsError, match="one of the two"):
            find_targets(*given)


def test_a_chain_needs_a_file():
    with pytest.raises(SettingsError, match="--chain selects a chain of a PDB or mmCIF file"):
        find_targets("chignolin", chain="A")


def test_existing_files_are_not_overwritten_without_a_name():
    assert output_paths([ONE], None) == [Path("one.pdb")]
    Path("one.pdb").touch()
    Path("one-2.pdb").touch()
    assert output_paths([ONE], None) == [Path("one-3.pdb")]
    assert output_paths([ONE], Path("one.pdb")) == [Path("one.pdb")]  # it was named
    assert free_name(Path("new.pdb")) == Path("new.pdb")


def test_several_proteins_need_a_folder(tmp_path):
    found = output_paths([ONE, TWO], tmp_path)
    assert found == [tmp_path / "one.pdb", tmp_path / "two.pdb"]
    with pytest.raises(OutputError, match="is a single file for 2 proteins"):
        output_paths([ONE, TWO], Path("all.pdb"))
