"""Ensembles from any method: selection of residues, and checks with notes."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.ensembles.ensemble_data import EnsembleData, checked
from confdiff_widgets.geometry.structure import StructureError


def data(frames=3, sequence="ACDEF", **more):
    ca = np.zeros((frames, len(sequence), 3), dtype=np.float32)
    ca[..., 0] = 3.8 * np.arange(len(sequence)) + np.arange(frames)[:, None]
    return EnsembleData("x", sequence, ca, **more)


def test_selection_keeps_letters_and_positions_together():
    backbone = np.random.default_rng(0).normal(size=(3, 5, 4, 3)).astype(np.float32)
    found = data(backbone=backbone).select([0, 2])
    assert found.sequence == "AD"
    np.testing.assert_array_equal(found.ca, data().ca[:, [0, 2]])
    np.testing.assert_array_equal(found.backbone, backbone[:, [0, 2]])


def test_a_tag_is_omitted_with_a_note():
    found = data(sequence="GACDEF").of_protein("ACDEF")
    assert found.sequence == "ACDEF" and found.ca.shape == (3, 5, 3)
    assert found.notes == ("1 residue beyond the protein is omitted",)
    assert data().of_protein("ACDEF").notes == ()


@pytest.mark.parametrize(
    ("frames", "note"),
    [(1, "a single frame, which is a structure and not a distribution")],
)
def test_unusual_ensembles_get_notes(frames, note):
    notes = checked(data(frames)).notes
    assert note in notes and "CA atoms only, shown as a trace through the CA atoms" in notes
    same = data()
    same.ca[:] = same.ca[:1]
    assert "all 3 frames are identical" in checked(same).notes


def test_unusable_coordinates_are_refused():
    bad = data()
    bad.ca[1, 0, 0] = np.nan
    with pytest.raises(StructureError, match=r"infinite in 1 of 3 frames \(first: frame 1\)"):
        checked(bad)
    small = data()
    small.ca[:] /= 10
    with pytest.raises(StructureError, match=r"0\.38 Å apart \(median\), expected 3\.8 Å"):
        checked(small)
