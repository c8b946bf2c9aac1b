"""The cache folder: where it is, and names that stay inside of it."""

from __future__ import annotations

import hashlib

import pytest

from confdiff_widgets.cache import (
    CACHE_VARIABLE,
    DIGEST_LENGTH,
    cache_folder,
    digest,
    file_sha256,
    safe_name,
)
from confdiff_widgets.files.writing import OutputError


def test_the_variable_chooses_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "mine"))
    folder = cache_folder("a/b", "c")
    assert folder == tmp_path / "mine" / "a_b" / "c" and folder.is_dir()


def test_a_file_in_its_place_is_reported_with_the_variable(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(OutputError, match=f"Set {CACHE_VARIABLE} to a folder"):
        cache_folder("a")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sp|P12345 x/y", "sp_P12345_x_y"),
        ("../../etc", "_.._etc"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("ü" * 5, "_"),
    ],
)
def test_names_of_files(text, name):
    assert safe_name(text) == name


@pytest.mark.parametrize("text", ["../" * 50, "a" * 500, "/", "\0", "CON\n"])
def test_names_never_leave_the_folder(text, tmp_path):
    name = safe_name(text)
    assert 0 < len(name) <= 80
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()


def test_digests_are_those_of_sha_256(tmp_path):
    content = b"x" * 3_000_000
    (tmp_path / "f").write_bytes(content)
    assert file_sha256(tmp_path / "f") == hashlib.sha256(content).hexdigest()
    assert digest("γ") == hashlib.sha256("γ".encode()).hexdigest()[:DIGEST_LENGTH]
