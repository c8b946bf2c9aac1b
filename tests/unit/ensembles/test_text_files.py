"""Text files in the encodings of common editors."""

from __future__ import annotations

import gzip

import pytest

from confdiff_widgets.ensembles.text_files import decode, read_text

TEXT = ">Müller's protein\nYYDPETGTWY\n"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_common_encodings(encoding, newline):
    assert decode(TEXT.replace("\n", newline).encode(encoding)) == TEXT


def test_compressed_text(tmp_path):
    path = tmp_path / "a.fasta.gz"
    path.write_bytes(gzip.compress(TEXT.encode("utf-16")))
    assert read_text(path) == TEXT


def test_compressed_text_that_unpacks_to_more_than_text_does(tmp_path):
    path = tmp_path / "bomb.pdb.gz"
    path.write_bytes(gzip.compress(bytes(100 * 1024**2), 1))
    with pytest.raises(ValueError, match=r"0\.\d MB unpack to 64 MB, which data never do"):
        read_text(path)


@pytest.mark.parametrize("content", [bytes(range(256)), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9])
def test_binary_files_are_rejected(content):
    with pytest.raises(ValueError, match=r"not a text file|decode"):
        decode(content)
