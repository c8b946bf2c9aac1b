"""Evaluations on disk: JSON and CSV for programs, HTML for people."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from ..ensembles.ensemble import OutputError
from .evaluate import Evaluation
from .html_page import report_page
from .tables import csv_text


def check_place(stem: Path) -> None:
    """Refuse a place where nothing can be written; asked before the work, not after.

    Raises
    ------
    OutputError
    """
    if not stem.parent.is_dir():
        raise OutputError(f"The folder {stem.parent} does not exist. Make it first.")
    try:
        with tempfile.TemporaryFile(dir=stem.parent):
            pass
    except OSError as error:
        raise OutputError(
            f"Cannot write into {stem.parent}: {error.strerror}. Choose another folder."
        ) from error


def save(evaluation: Evaluation, stem: Path) -> list[Path]:
    """Write STEM.html, STEM.json and STEM.csv, and give their names.

    Raises
    ------
    OutputError
        If they cannot be written; nothing half-written is left.
    """
    numbers = json.dumps(evaluation.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    return write(
        stem,
        {".html": report_page(evaluation), ".json": numbers + "\n", ".csv": csv_text(evaluation)},
    )


def write(stem: Path, texts: dict[str, str]) -> list[Path]:
    """Write texts by the ending of their files, and give the files' names.

    Raises
    ------
    OutputError
        If they cannot be written; nothing half-written is left.
    """
    files = [stem.with_name(stem.name + ending) for ending in texts]
    try:
        with tempfile.TemporaryDirectory(dir=stem.parent, prefix=".confdiff-") as folder:
            parts = [Path(folder) / file.name for file in files]
            for part, text in zip(parts, texts.values(), strict=True):
                part.write_text(text, encoding="utf-8")
            for part, file in zip(parts, files, strict=True):
                part.replace(file)
    except OSError as error:
        raise OutputError(
            f"Writing {files[0]} failed: {error.strerror or error}. Free some space or choose "
            "another folder."
        ) from error
    return files
