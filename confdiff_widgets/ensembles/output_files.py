"""Checks of the paths to which ensembles are written."""

from __future__ import annotations

from pathlib import Path

from ..files.writing import OutputError, check_folder
from .file_formats import WRITABLE


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
            "Writing mmCIF requires OpenMM, which is not installed. Run `pip install openmm`, or "
            "write PDB."
        ) from error
