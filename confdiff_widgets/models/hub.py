"""The published checkpoints on the Hugging Face Hub: list, lookup and download."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cache import cache_folder, file_sha256
from ..errors import UserError
from ..files.reading import FormatError, read_json
from ..files.writing import write_text
from .network_file import CheckpointError

REPOSITORY = "leowang17/ConfDiff"
REVISION = "97dbf43"
"""Prefix of the pinned commit."""

SHA256 = re.compile(r"[0-9a-f]{64}")


class DownloadError(UserError, ConnectionError):
    """A file cannot be downloaded."""


@dataclass(frozen=True)
class Published:
    """A published checkpoint.

    Attributes
    ----------
    name : str
    file : str
        In the repository.
    representation : str or None
        That its conditional network was trained on; None for the unconditional network.
    about : str
        One-line description.
    """

    name: str
    file: str
    representation: str | None
    about: str


def _published(folder: str, name: str, representation: str | None, about: str) -> Published:
    return Published(name, f"ConfDiff-{folder}/{name}.ckpt", representation, about)


PUBLISHED = {
    entry.name: entry
    for entry in (
        _published("BASE", "ConfDiff-ESM-r0-COND", "esmfold-r0", "conditional"),
        _published("BASE", "ConfDiff-ESM-r3-COND", "esmfold-r3", "conditional"),
        _published("BASE", "ConfDiff-OF-r0-COND", "openfold-r0", "conditional"),
        _published("BASE", "ConfDiff-OF-r3-COND", "openfold-r3", "conditional"),
        _published("BASE", "ConfDiff-UNCOND", None, "unconditional"),
        _published("GUIDANCE", "ConfDiff-ESM-r0-FORCE", "esmfold-r0", "force head, fast folders"),
        _published("GUIDANCE", "ConfDiff-ESM-r0-ENERGY", "esmfold-r0", "energy head, fast folders"),
        _published("GUIDANCE", "ConfDiff-ESM-r3-FORCE", "esmfold-r3", "force head, BPTI"),
        _published("GUIDANCE", "ConfDiff-ESM-r3-ENERGY", "esmfold-r3", "energy head, BPTI"),
        _published("MD", "ConfDiff-ESM-r3-MD", "esmfold-r3", "conditional, tuned on ATLAS MD"),
        _published("MD", "ConfDiff-OF-r3-MD", "openfold-r3", "conditional, tuned on ATLAS MD"),
    )
}


def published(name: str) -> Published | None:
    """Return the checkpoint with a name, ignoring case, or None."""
    return next((entry for entry in PUBLISHED.values() if entry.name.lower() == name.lower()), None)


def nearest_name(name: str) -> str | None:
    """Return the published name closest to a mistyped one."""
    by_lower = {known.lower(): known for known in PUBLISHED}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
    return by_lower[near[0]] if near else None


def is_downloaded(entry: Published) -> bool:
    """Return whether a checkpoint is on this machine."""
    path = _record().get(entry.name, {}).get("path")
    return path is not None and Path(path).is_file()


def download(entry: Published) -> tuple[Path, str]:
    """Return the file and its SHA-256, from the Hub's cache or downloaded with a progress bar.

    A commit of the repository is pinned. The Hub states the hash of each large file before it is
    sent; what came is hashed here and compared, with what it was the first time too.

    Raises
    ------
    DownloadError
        Without huggingface_hub or a network, or if the repository lacks the file.
    CheckpointError
        For a file whose hash is not the one that was stated.
    """
    hub = _import_hub()
    from huggingface_hub import errors

    record = _record()
    known = record.get(entry.name, {})
    stated: str | None
    try:
        if known and Path(known["path"]).is_file():
            path, stated = Path(known["path"]), known["sha256"]
        else:
            revision = _full_revision(hub, entry, record)
            about = hub.get_hf_file_metadata(
                hub.hf_hub_url(REPOSITORY, entry.file, revision=revision)
            )
            stated = about.etag if SHA256.fullmatch(about.etag or "") else None
            path = Path(hub.hf_hub_download(REPOSITORY, entry.file, revision=revision))
    except (errors.HfHubHTTPError, errors.HTTPError, OSError) as error:
        raise DownloadError(
            f"{entry.name} cannot be downloaded from huggingface.co/{REPOSITORY} "
            f"({_short(error)}). Connect to the internet and unset HF_HUB_OFFLINE; or fetch "
            f"{entry.file} on another machine, and give the path of the file as the model."
        ) from error
    found = file_sha256(path)
    if stated is not None and found != stated:
        raise CheckpointError(
            f"{path} has the SHA-256 {found}, and {entry.name} should have {stated}: it is damaged "
            "or was changed. Remove it, and it is downloaded again."
        )
    if not known:
        record[entry.name] = {"path": str(path), "sha256": found}
        write_text(_record_file(), json.dumps(record, indent=1))
    return path, found


def _import_hub() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise DownloadError(
            "Published checkpoints come through huggingface_hub, which is not installed: "
            "pip install 'confdiff-widgets[esm]'"
        ) from error
    return huggingface_hub


def _full_revision(hub: Any, entry: Published, record: dict[str, dict[str, str]]) -> str:
    """Return all 40 digits of the pinned commit, which the Hub's cache needs."""
    known = record.setdefault("revision", {}).get(REVISION)
    if known:
        return known
    latest = hub.get_hf_file_metadata(hub.hf_hub_url(REPOSITORY, entry.file)).commit_hash
    commits = [latest] if latest and latest.startswith(REVISION) else []
    commits = commits or [c.commit_id for c in hub.HfApi().list_repo_commits(REPOSITORY)]
    full = [commit for commit in commits if commit.startswith(REVISION)]
    if len(full) != 1:
        raise DownloadError(
            f"huggingface.co/{REPOSITORY} no longer has the commit {REVISION} that this version "
            "was made for. Fetch the file yourself, and give its path as the model."
        )
    record["revision"][REVISION] = full[0]
    return full[0]


def _record_file() -> Path:
    return cache_folder("checkpoints") / "downloads.json"


def _record() -> dict[str, dict[str, str]]:
    """Return the downloaded files: path and SHA-256 by name."""
    try:
        return read_json(_record_file(), dict[str, dict[str, str]])
    except (OSError, FormatError):
        return {}


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160].rstrip(".")
