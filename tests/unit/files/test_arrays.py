"""NPZ files are checked before their arrays take memory."""

from __future__ import annotations

import io
import os
import random
import zipfile

import numpy as np
import pytest

from confdiff_widgets.files.arrays import TEXT, Array, read_arrays
from confdiff_widgets.files.reading import FormatError

SCHEMA = {
    "atoms": Array("f", ("N", "L", 3), finite=True),
    "charges": Array("f", ("N", "L"), required=False),
    "sequence": TEXT,
}

GOOD = {"atoms": np.zeros((2, 4, 3)), "charges": np.zeros((2, 4)), "sequence": np.array("AAAA")}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.npz"


def test_arrays_are_read(path):
    np.savez(path, **GOOD, other=np.zeros(3))
    found = read_arrays(path, SCHEMA)
    assert found.keys() == GOOD.keys()
    assert all(np.array_equal(found[name], GOOD[name]) for name in GOOD)
    np.savez_compressed(path, atoms=GOOD["atoms"], sequence="A")
    assert read_arrays(path, SCHEMA).keys() == {"atoms", "sequence"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"atoms": None}, "no array atoms"),
        ({"atoms": np.zeros((2, 4, 3), complex)}, "values of type complex128"),
        ({"atoms": np.zeros((2, 4, 3), int)}, "values of type int64"),
        ({"atoms": np.array([{}], object)}, "values of type object"),
        ({"atoms": np.zeros((2, 4))}, r"shape \(2, 4\), expected \(N, L, 3\)"),
        ({"charges": np.zeros((2, 5))}, r"shape \(2, 5\), expected \(2, 4\)"),
        ({"charges": np.zeros((0, 4))}, r"shape \(0, 4\)"),
        ({"atoms": np.full((2, 4, 3), np.nan)}, "NaN or infinite"),
        ({"sequence": np.array(["A"])}, r"shape \(1,\)"),
        ({"sequence": np.array(3)}, "values of type int64"),
    ],
)
def test_arrays_of_another_kind(path, change, problem):
    arrays = {name: value for name, value in (GOOD | change).items() if value is not None}
    np.savez(path, **arrays)
    with pytest.raises(FormatError, match=problem):
        read_arrays(path, SCHEMA)


def header(shape, descr="<f8"):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape!r}, }}\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "content",
    [
        header((10**9, 4, 3)),
        header((10**30, 4, 3)),
        header((2, 4, 3)),
        header((-1, 4, 3)),
        header("x"),
        header((2, 4, 3), "nonsense"),
        b"\x93NUMPY\x09\x00",
        b"\x93NUMPY\x03\x00",
        b"",
        b"no array",
        b"\x93NUMPY\x01\x00\xff\xff{" + b"(" * 60_000,
    ],
)
def test_headers_that_claim_more_than_there_is(path, content):
    np.savez(path, sequence="AAAA")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("atoms.npy", content)
    with pytest.raises(FormatError):
        read_arrays(path, SCHEMA)


def test_an_archive_larger_than_the_memory(path, monkeypatch):
    np.savez_compressed(path, atoms=np.zeros((10_000, 100, 3)), sequence="A")
    monkeypatch.setattr(
        "psutil.virtual_memory", lambda: type("Memory", (), {"available": 40_000_000})
    )
    with pytest.raises(FormatError, match="more than half the memory"):
        read_arrays(path, SCHEMA)


def test_an_archive_that_unpacks_to_more_than_data_do(path):
    np.savez_compressed(path, atoms=np.zeros((100_000, 100, 3)), sequence="A")
    with pytest.raises(FormatError, match="MB unpack to 229 MB, which data never do"):
        read_arrays(path, SCHEMA)


def test_files_that_are_no_archive(path, tmp_path):
    for content in (b"", b"no archive", b"PK\x03\x04" + bytes(100)):
        path.write_bytes(content)
        with pytest.raises(FormatError, match=r"a\.npz is not an NPZ file"):
            read_arrays(path, SCHEMA)
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(FormatError, match="not a regular file"):
        read_arrays(tmp_path / "pipe.npz", SCHEMA)


def test_random_damage_is_one_kind_of_error(path):
    content = io.BytesIO()
    np.savez_compressed(content, **GOOD)
    intact, draw = content.getvalue(), random.Random(5)
    for _ in range(400):
        data = bytearray(intact)
        for _ in range(draw.randint(1, 5)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        if draw.random() < 0.3:
            del data[draw.randrange(len(data)) :]
        path.write_bytes(data)
        try:
            found = read_arrays(path, SCHEMA)
        except FormatError:
            continue
        assert found["atoms"].shape[2] == 3 and np.isfinite(found["atoms"]).all()
