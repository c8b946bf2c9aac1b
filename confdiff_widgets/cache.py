"""The folder of what can be made or downloaded again: converted checkpoints, representations."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import platformdirs

VARIABLE = "CONFDIFF_CACHE"
"""Environment variable that names another folder."""

DIGEST = 32
"""Hexadecimal digits of a SHA-256 that name a file."""


def cache_folder(*parts: str) -> Path:
    """A folder of the cache, made if it is missing; parts may be any text."""
    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else platformdirs.user_cache_path("confdiff-widgets")
    folder = folder.joinpath(*map(safe_name, parts))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def safe_name(text: str) -> str:
    """A file name from any text, such as the header of a FASTA entry.

    Letters, digits, dots, dashes and underscores stay; the name never begins with a dot, holds no
    separator and has at most 80 characters, so it cannot point outside its folder.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", text).lstrip(".")[:80]
    return name or "unnamed"


def digest(data: str | bytes) -> str:
    """A short name for some content."""
    data = data.encode() if isinstance(data, str) else data
    return hashlib.sha256(data).hexdigest()[:DIGEST]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()
