"""The journal of a labelling: each result on disk when it arrives, so that it can be resumed.

A JSON-lines file: the first line identifies the conformers and settings, every other line is a
result. A line that a crash cut off or damaged is dropped with all lines after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from ..files.reading import FormatError, parse_json, read_bytes
from ..files.writing import OutputError, append, output_errors
from .evaluator import EnergyResult
from .molecule import COMPONENTS

LINE_BYTES, RESIDUE_BYTES = 10_000, 200
"""Largest line: this much, and this much for each residue."""


class _Header(msgspec.Struct):
    identity: str


class _Result(msgspec.Struct):
    key: Annotated[int, msgspec.Meta(ge=0)]
    energy: float
    components: dict[str, float]
    ca_forces: list[tuple[float, float, float]]
    reason: str | None = None


class Journal:
    """The journal of one labelling; a context manager that closes the file.

    Parameters
    ----------
    path : path
    identity : str
        Hash of the conformers and settings.
    conformers, length : int
        Number of conformers and of residues.

    Attributes
    ----------
    results : dict of EnergyResult
        Results on disk, by the index of the conformer.

    Raises
    ------
    OutputError
        If the file belongs to another labelling, or cannot be read or written.
    """

    def __init__(self, path: Path, identity: str, conformers: int, length: int):
        self.path = path
        self.results: dict[int, EnergyResult] = {}
        limit = (conformers + 1) * (LINE_BYTES + RESIDUE_BYTES * length)
        try:
            lines = read_bytes(path, limit).splitlines(keepends=True) if path.exists() else []
            if lines and lines[0].endswith(b"\n"):
                if parse_json(lines[0], _Header).identity != identity:
                    raise other_labels(path)
            else:
                lines = []
        except FormatError as error:
            raise OutputError(
                f"{path} is not the journal of a labelling: {error}. Give another --out, or remove "
                "the file."
            ) from error
        intact = sum(map(len, lines[:1])) + self._read(lines[1:], conformers, length)
        with output_errors(path):
            self._file = path.open("r+b" if lines else "wb", buffering=0)
            self._file.truncate(intact)
            if not lines:
                append(self._file, _to_line({"identity": identity}))

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, result: EnergyResult) -> None:
        """Write a result.

        Raises
        ------
        OutputError
            If it cannot be written; the results before it are kept.
        """
        kept = f"{len(self.results)} energies are kept; run the same command again to resume."
        with output_errors(self.path, kept):
            append(self._file, _to_line({**vars(result), "ca_forces": result.ca_forces.tolist()}))
        self.results[int(str(result.key))] = result

    def _read(self, lines: list[bytes], conformers: int, length: int) -> int:
        """Read the intact results, and return their number of bytes."""
        intact = 0
        for line in lines:
            try:
                row = parse_json(line, _Result)
            except FormatError:
                break
            complete = line.endswith(b"\n") and set(row.components) == set(COMPONENTS)
            if not complete or row.key >= conformers or len(row.ca_forces) != length:
                break
            self.results[row.key] = EnergyResult(
                row.key, row.energy, row.components, np.array(row.ca_forces), row.reason
            )
            intact += len(line)
        return intact


def other_labels(path: Path) -> OutputError:
    """Return the error of a file that belongs to another labelling."""
    return OutputError(
        f"{path} belongs to other conformers or settings. Give another --out, or remove the file."
    )


def _to_line(row: Mapping[str, object]) -> bytes:
    return (json.dumps(row) + "\n").encode()
