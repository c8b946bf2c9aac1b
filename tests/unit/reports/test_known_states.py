"""Known states: one per model of a file, restricted to the residues that all have."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.reports import KnownStates, read_states
from confdiff_widgets.reports.known_states import restrict_states

SEQUENCE = "YYDPETGTWY"


def test_each_model_is_a_state(chignolin_heavy, tmp_path):
    whole = chignolin_heavy.mdtraj
    whole[:3].save_pdb(str(tmp_path / "three.pdb"))
    whole[5].save_pdb(str(tmp_path / "one.pdb"))
    known = read_states([tmp_path / "three.pdb", tmp_path / "one.pdb"], SEQUENCE)
    assert known.names == ("three 1", "three 2", "three 3", "one")
    ca = 10 * whole.xyz[[0, 1, 2, 5]][:, whole.topology.select("name CA")]
    np.testing.assert_allclose(known.ca, ca, atol=2e-3)
    assert known.residues is None and known.select(ca) is ca


def test_states_are_restricted_to_common_residues(chignolin_heavy, tmp_path):
    whole = chignolin_heavy.mdtraj
    whole[0].save_pdb(str(tmp_path / "a.pdb"))
    whole[1].atom_slice(whole.topology.select("resid 2 to 9")).save_pdb(str(tmp_path / "b.pdb"))
    known = read_states([tmp_path / "a.pdb", tmp_path / "b.pdb"], SEQUENCE)
    assert known.ca.shape == (2, 8, 3) and known.residues.tolist() == list(range(2, 10))
    assert any("residues 1–2 YY missing" in note for note in known.notes)


def test_a_further_restriction_renumbers_the_residues():
    ca = np.arange(2 * 4 * 3, dtype=np.float32).reshape(2, 4, 3)
    known = KnownStates(("a", "b"), ca, "files", residues=np.array([2, 3, 4, 5]))
    found = restrict_states(known, np.array([3, 4, 5, 6]))
    np.testing.assert_array_equal(found.ca, ca[:, 1:])
    assert found.residues.tolist() == [0, 1, 2]
    with pytest.raises(StructureError, match="have 1 of their 4 residues in common"):
        restrict_states(known, np.array([5, 6, 7]))


def test_no_file_is_refused():
    with pytest.raises(SettingsError, match="No state was given"):
        read_states([], SEQUENCE)
