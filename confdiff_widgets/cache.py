"""Cache folder for converted checkpoints, downloads and representations."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import platformdirs

from .files.writing import output_errors

CACHE_VARIABLE = "CONFDIFF_CACHE"
"""Environment variable with the path of another cache folder."""

DIGEST_LENGTH = 32
"""Number of hexadecimal digits of a SHA-256 in file names."""


def cache_folder(*parts: str) -> Path:
    """Return a folder of the cache, and create it if it is missing.

    Parameters
    ----------
    *parts : str
        Names of nested folders; any text, see :func:`safe_name`.

    Raises
    ------
    OutputError
        If it cannot be created.
    """
    configured = os.environ.get(CACHE_VARIABLE)
    folder = Path(configured) if configured else platformdirs.user_cache_path("confdiff-widgets")
    folder = folder.joinpath(*map(safe_name, parts))
    with output_errors(folder, f"Set {CACHE_VARIABLE} to a folder that you can write to."):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def safe_name(text: str) -> str:
    """Return a file name for any text, such as the header of a FASTA entry.

    Keeps letters, digits, dots, dashes and underscores. The name has at most 80 characters, no
    separator and no leading dot, so it cannot point outside its folder.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", text).lstrip(".")[:80]
    return name or "unnamed"


def digest(data: str | bytes) -> str:
    """Return a short name for data: the first `DIGEST_LENGTH` digits of its SHA-256."""
    data = data.encode() if isinstance(data, str) else data
    return hashlib.sha256(data).hexdigest()[:DIGEST_LENGTH]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()
