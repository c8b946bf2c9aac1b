"""Downloads of third-party weights, with a check of their SHA-256.

Where the publisher states a SHA-256, it is compared. fair-esm's files come without one: whoever has
it from elsewhere can give it, and a file is in any case the same ever after as when it first came.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import torch

from ..cache import cache_folder, file_sha256
from ..files.reading import FormatError, read_json
from ..files.writing import write_text
from .base import RepresentationError

SHA256 = re.compile(r"[0-9a-f]{64}")


def fetch(url: str) -> Path:
    """Return the file of a URL, from torch's cache or downloaded with a progress bar.

    Raises
    ------
    OSError
        Without a network, or if there is no such file.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path))
    return path


def check_hash(name: str, path: Path, stated: str | None = None) -> str:
    """Return the SHA-256 of a file after comparing it with the stated or recorded one.

    Raises
    ------
    RepresentationError
        For a file of another hash.
    """
    found = file_sha256(path)
    expected = stated or _record().get(name)
    if expected not in (None, found):
        whence = "should have" if stated else "had, when it was first used here,"
        meant = f" If it was changed on purpose, remove its line from {_record_file()}, too."
        raise RepresentationError(
            f"{path} has the SHA-256 {found}, and {whence} {expected}: it is damaged or was "
            f"changed, and is not used. Remove it, and it is downloaded again."
            f"{'' if stated else meant}"
        )
    return found


def record_hash(name: str, sha256: str) -> None:
    """Record the hash of a file that was loaded, and report it once."""
    known = _record()
    if known.get(name) == sha256:
        return
    write_text(_record_file(), json.dumps({**known, name: sha256}, indent=1))
    print(f"{name}: SHA-256 {sha256}, recorded; a change will be refused.", file=sys.stderr)


def _record_file() -> Path:
    return cache_folder("representations") / "sha256.json"


def _record() -> dict[str, str]:
    try:
        return read_json(_record_file(), dict[str, str])
    except (OSError, FormatError):
        return {}
