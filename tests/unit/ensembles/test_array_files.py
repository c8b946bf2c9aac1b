"""NPZ files of conformers: kinds of arrays, units, temperatures and refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest

from confdiff_widgets.ensembles.array_files import read_positions, read_temperature
from confdiff_widgets.geometry.structure import StructureError

CA = np.arange(2 * 4 * 3, dtype=np.float32).reshape(2, 4, 3)


def saved(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_bioemu_positions_are_in_nanometres(tmp_path):
    found = read_positions(saved(tmp_path / "a.npz", pos=CA, sequence="ACDE"))
    assert (found.sequence, found.kind) == ("ACDE", "ca")
    np.testing.assert_allclose(found.positions, 10 * CA)


def test_the_most_complete_array_is_read(tmp_path):
    backbone = np.zeros((2, 4, 4, 3))
    found = read_positions(saved(tmp_path / "a.npz", ca=CA, backbone=backbone, sequence="ACDE"))
    assert found.kind == "backbone" and found.positions.dtype == np.float32


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"ca": CA}, "has no array `sequence`"),
        ({"x": CA, "sequence": "ACDE"}, r"has the arrays x, sequence\. Store `ca`"),
        ({"ca": CA, "sequence": "ACD"}, r"has shape \(2, 4, 3\)\. Expected \(N, 3, 3\)"),
        ({"ca": CA[:0], "sequence": "ACDE"}, r"has shape \(0, 4, 3\)"),
        ({"ca": CA.astype(complex), "sequence": "ACDE"}, "has the type complex128"),
    ],
)
def test_unusable_arrays_are_refused(tmp_path, arrays, message):
    with pytest.raises(StructureError, match=message):
        read_positions(saved(tmp_path / "a.npz", **arrays))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"text"])
def test_damaged_files_are_one_error(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(StructureError, match="The file is damaged, or not an NPZ file"):
        read_positions(tmp_path / "a.npz")


def test_the_temperature_is_that_of_the_settings(tmp_path):
    settings = json.dumps({"temperature_k": 350.0})
    assert read_temperature(saved(tmp_path / "a.npz", ca=CA, settings=settings)) == 350
    for other in ({}, {"settings": "{"}, {"settings": json.dumps({"temperature_k": "hot"})}):
        assert read_temperature(saved(tmp_path / "b.npz", ca=CA, **other)) is None
