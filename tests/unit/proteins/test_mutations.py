"""Sequences that are compared with each other."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import SettingsError, UserError
from confdiff_widgets.proteins.mutations import load_mutant, mutated_residues, mutation_name
from confdiff_widgets.proteins.system import load_system


@pytest.mark.parametrize(
    ("other", "residues", "name"),
    [
        ("GYDPATGTWG", [4], "E5A"),
        ("AYDPETGTWA", [0, 9], "G1A, G10A"),
        ("GYDPETGTWG", [], ""),
        ("AAAAETGTWG", [0, 1, 2, 3], "4 mutations"),
    ],
)
def test_mutations_have_their_usual_names(other, residues, name):
    assert mutated_residues("GYDPETGTWG", other) == residues
    assert mutation_name("GYDPETGTWG", other) == name


def test_a_mutant_has_the_same_networks():
    system = load_system("GYDPETGTWG")
    mutant = load_mutant(system, " gydp atgtwg ")
    assert (mutant.sequence, mutant.network_sources) == ("GYDPATGTWG", {})
    assert mutant.transferable
    assert load_mutant(load_system("chignolin"), "YYDPATGTWY").sequence == "YYDPATGTWY"


@pytest.mark.parametrize(
    ("sequence", "message"),
    [
        ("GYDPETGTW", "has 9 residues, and GYDPETGTWG has 10. Compare sequences of equal length"),
        ("GYDPETGTWG", "is the sequence itself. Change at least one residue"),
        ("GYDPXTGTWG", "X"),
        ("", "empty"),
        ("E5A", "5"),
    ],
)
def test_other_sequences_are_refused(sequence, message):
    with pytest.raises(UserError, match=message):
        load_mutant(load_system("GYDPETGTWG"), sequence)


def test_features_of_one_sequence_are_not_used_for_another(tmp_path):
    system = load_system("GYDPETGTWG", model=tmp_path / "model.ckpt", features=tmp_path)
    with pytest.raises(SettingsError, match="features of this system are those of its own"):
        load_mutant(system, "GYDPATGTWG")
