"""Reading of text files in any common encoding, compressed or not."""

from __future__ import annotations

import codecs
import gzip
import re
from pathlib import Path

from ..files.arrays import LARGEST_RATIO, SMALL, check_ratio

LARGEST_UNPACKED = 4 * 1024**3
"""Largest content of a compressed file, in bytes."""

_MARKS = (  # the UTF-32 mark starts with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f]")
"""Control characters that text does not contain; 0x1A and 0x1B end or colour old text files."""


def read_text(path: Path) -> str:
    """Read a text file (.gz is unpacked), with line feeds as line ends.

    Raises
    ------
    OSError, EOFError
        If the file cannot be read.
    ValueError
        If it is not a text file.
    """
    return decode(read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """Read a file, and unpack it if its name ends in .gz.

    Raises
    ------
    OSError, EOFError
        If the file cannot be read.
    ValueError
        If it is too large when unpacked.
    """
    if not path.is_file():  # reading a pipe would wait forever
        raise FileNotFoundError("there is no such file")
    if path.suffix.lower() != ".gz":
        return path.read_bytes()
    packed = path.stat().st_size
    with gzip.open(path) as file:
        content = file.read(min(LARGEST_UNPACKED, max(SMALL, LARGEST_RATIO * packed)) + 1)
    check_ratio(len(content), packed)
    if len(content) > LARGEST_UNPACKED:
        raise ValueError(f"it is larger than {LARGEST_UNPACKED // 1024**3} GB when unpacked")
    return content


def decode(content: bytes) -> str:
    """Decode UTF-8, UTF-16 or UTF-32 (with or without a byte order mark) or Latin-1.

    Raises
    ------
    ValueError
        If the content is not text.
    """
    text = _decode(content)
    if _BINARY.search(text):
        raise ValueError("it is not a text file")
    return re.sub(r"\r\n?", "\n", text)


def _decode(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    first = content[:1000]
    if b"\0" in first:  # UTF-16 without a mark has a zero byte in each Latin letter
        return content.decode("utf-16-le" if first[1::2].count(0) > first[::2].count(0)
                              else "utf-16-be")  # fmt: skip
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
