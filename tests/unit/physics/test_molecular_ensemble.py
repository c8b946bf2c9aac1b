"""Molecules from the NPZ files of this package: with the form that they store."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.physics.molecular_ensemble import read_molecules


@pytest.fixture
def arrays(data_dir):
    """Arrays of a protein with ACE and NME, as `confdiff label` stores them."""
    found = read_molecules(data_dir / "capped.pdb")
    assert found.chemistry.caps
    return {
        "atom14": found.ensemble.atom14.numpy(),
        "sequence": np.array(found.ensemble.sequence),
        "settings": np.array("{}"),
        "chemistry": np.array(json.dumps(asdict(found.chemistry))),
        "caps": found.caps,
    }


def test_end_groups_of_labels_are_read(data_dir, arrays, tmp_path):
    np.savez(tmp_path / "labels.npz", **arrays)
    expected, found = (
        read_molecules(p) for p in (data_dir / "capped.pdb", tmp_path / "labels.npz")
    )
    assert found.chemistry == expected.chemistry
    np.testing.assert_allclose(found.atom14, expected.atom14, atol=1e-5)


def test_files_without_a_form_have_the_standard_one(arrays, tmp_path):
    del arrays["chemistry"], arrays["caps"]
    np.savez(tmp_path / "ensemble.npz", **arrays)
    assert not read_molecules(tmp_path / "ensemble.npz").chemistry.caps


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chemistry", np.array("{}")),
        ("chemistry", np.array('{"residues": ["XYZ"], "start": "", "end": "", "disulphides": []}')),
        ("caps", np.zeros((1, 5, 14, 3))),
        ("caps", np.full((1, 2, 14, 3), np.nan)),
    ],
)
def test_damaged_forms_are_refused(arrays, tmp_path, name, value):
    np.savez(tmp_path / "labels.npz", **arrays | {name: value})
    with pytest.raises(StructureError, match=r"labels\.npz is damaged: .+\. Compute it again\."):
        read_molecules(tmp_path / "labels.npz")
