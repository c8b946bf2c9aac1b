"""Saving of evaluations as HTML, JSON and CSV files."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from ..files.writing import encode, write_files
from .evaluation import Evaluation
from .html_page import report_page
from .tables import csv_text


def save(evaluation: Evaluation, stem: Path) -> list[Path]:
    """Write STEM.html, STEM.json and STEM.csv completely or not at all, and return their paths.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    numbers = json.dumps(evaluation.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    return save_texts(
        stem,
        {".html": report_page(evaluation), ".json": numbers + "\n", ".csv": csv_text(evaluation)},
    )


def save_texts(stem: Path, texts: dict[str, str]) -> list[Path]:
    """Write texts, given by the endings of their files, and return the paths.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    return write_files(
        {
            stem.with_name(stem.name + ending): partial(_write, encode(text))
            for ending, text in texts.items()
        }
    )


def _write(content: bytes, file: Path) -> None:
    file.write_bytes(content)
