"""Checks of output paths, and writing of files that appear only when they are complete."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import UserError
from .file_formats import WRITABLE


class OutputError(UserError, OSError):
    """A result cannot be written to the given path."""


def check_output(path: str | Path) -> Path:
    """Check before a computation that an ensemble can be written to a path, and return the path.

    Raises
    ------
    OutputError
        For an unknown ending, mmCIF without OpenMM, a missing folder, or a folder without write
        permission.
    """
    path = Path(path)
    if path.suffix.lower() not in WRITABLE:
        raise OutputError(f"Cannot write {path.name}. Use a name ending in {', '.join(WRITABLE)}.")
    if path.suffix.lower() == ".cif":
        _check_cif_writer()
    check_folder(path.parent)
    if path.is_dir():
        raise OutputError(f"{path} is a folder. Give the name of a file.")
    return path


def _check_cif_writer() -> None:
    try:
        import openmm  # noqa: F401
    except ImportError as error:
        raise OutputError(
            "Writing mmCIF requires OpenMM, which is not installed. Run "
            "pip install 'confdiff-widgets[physics]', or write PDB."
        ) from error


def check_folder(folder: Path) -> None:
    """Raise an OutputError if a folder is missing or not writable."""
    if not folder.is_dir():
        raise OutputError(f"The folder {folder} does not exist. Create it: mkdir -p {folder}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"Cannot write into {folder}: {error.strerror}. Choose another folder."
        ) from error


def write_files(writers: Mapping[Path, Callable[[Path], object]]) -> list[Path]:
    """Write files completely or not at all, and return their paths.

    The files are written to a temporary folder next to the first path and then moved, so that
    existing files are replaced only after all writers have succeeded.

    Parameters
    ----------
    writers : mapping
        From each path to a function that writes the file to the path that it receives.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    first = next(iter(writers))
    try:
        with tempfile.TemporaryDirectory(dir=first.parent, prefix=".confdiff-") as folder:
            # mdtraj recognises endings in lower case only
            temporary = {path: Path(folder) / path.name.lower() for path in writers}
            for path, write in writers.items():
                write(temporary[path])
            for path in writers:
                temporary[path].replace(path)
    except (OSError, RuntimeError) as error:  # mdtraj's XTC writer raises the latter
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            f"Writing {first} failed: {getattr(error, 'strerror', None) or error}. Free some space "
            "or choose another folder; nothing was left behind."
        ) from error
    return list(writers)
