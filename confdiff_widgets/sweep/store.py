"""The results folder of a sweep, in which each cell is stored when it is finished.

``sweep.json`` contains the format and the requested cells, ``cells/KEY.json`` the settings and
metrics of a cell, ``cells/KEY.xtc`` its conformers with all heavy atoms, and
``topologies/SEQUENCE.pdb`` their topology. The JSON file of a cell is written last: without it
the cell was interrupted and counts as missing. ``table.parquet`` and ``table.csv`` list all cells
and are written at the end of a run.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import torch

from ..ensembles.ensemble import Ensemble
from ..ensembles.heavy_atoms import load_atom14
from ..errors import SettingsError, UserError
from ..files.reading import FormatError, convert, read_json
from ..files.writing import make_folder, output_errors, write_files, write_text
from ..geometry.residues import SequenceError, check_sequence
from ..geometry.structure import StructureError
from .cell import Cell, CellResult

FORMAT = "confdiff-sweep-1"


KEPT = "Stored cells are kept; run the sweep again to resume."

MAX_BYTES = 256 << 20
"""Largest ``sweep.json``, of about a million cells."""


class SweepStoreError(UserError, OSError):
    """A results folder cannot be read, or contains something else."""


class _About(msgspec.Struct):
    job: dict[str, Any] = {}


class _Sweep(msgspec.Struct):
    """Contents of ``sweep.json``."""

    cells: list[dict[str, Any]]
    about: _About


class _Key(msgspec.Struct):
    """Entry of a requested cell besides its settings."""

    key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,80}\Z")]


class _Result(msgspec.Struct):
    """Entries of ``cells/KEY.json`` besides the settings."""

    sequence: str
    metrics: dict[str, int | float]
    reason: str


@dataclass(frozen=True, eq=False)
class StoredCell:
    """A finished or failed cell.

    Attributes
    ----------
    key : str
    cell : Cell
    sequence : str
        Empty if the cell failed.
    metrics : dict of str to float
    reason : str
        Why it failed; empty if it is finished.
    """

    key: str
    cell: Cell
    sequence: str
    metrics: dict[str, float]
    reason: str = ""


class SweepStore:
    """The results folder of a sweep, created if it does not exist.

    Only one process may write to it; any number may read.

    Parameters
    ----------
    folder : path

    Raises
    ------
    SweepStoreError
        If the folder is of another version, or contains something else.
    OutputError
        If it cannot be written.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self._cells = self.folder / "cells"
        about = self.folder / "sweep.json"
        if about.is_file():
            _read_about(about)
        elif self.folder.is_dir() and not _is_empty(self.folder):
            raise SweepStoreError(
                f"{folder} contains something else than a sweep. Choose another folder."
            )
        else:
            make_folder(self._cells)
            self.request([])

    def request(self, cells: Sequence[tuple[str, Cell]], job: dict[str, Any] | None = None) -> None:
        """Store the requested cells with their keys, and the job that computes them."""
        content = {
            "format": FORMAT,
            "about": {} if job is None else {"job": job},
            "cells": [{"key": key, **cell.to_dict()} for key, cell in cells],
        }
        write_text(self.folder / "sweep.json", json.dumps(content, ensure_ascii=False) + "\n", KEPT)

    def requested(self) -> tuple[list[tuple[str, Cell]], dict[str, Any]]:
        """Return the arguments of the last :meth:`request`."""
        path = self.folder / "sweep.json"
        content = _read_about(path)
        try:
            rows = [(convert(row, _Key).key, Cell.from_dict(row)) for row in content.cells]
        except (FormatError, SettingsError) as error:
            raise _unreadable(path, error) from error
        return rows, content.about.job

    def save(self, key: str, cell: Cell, result: CellResult) -> StoredCell:
        """Write a cell to disk, synchronously.

        Raises
        ------
        OutputError
            If it cannot be written, for example on a full disk; a partial cell counts as missing.
        """
        sequence = ""
        if result.ensemble is not None:
            sequence = result.ensemble.sequence
            self._save_conformers(key, result.ensemble)
        content = {
            **cell.to_dict(),
            "sequence": sequence,
            "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "reason": result.reason,
            "metrics": result.metrics,
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        write_text(self._cells / f"{key}.json", text, KEPT)
        return StoredCell(key, cell, sequence, result.metrics, result.reason)

    def load(self, key: str) -> StoredCell | None:
        """Return a finished or failed cell, or None, also if its conformers are gone.

        Raises
        ------
        SweepStoreError
            If it cannot be read.
        """
        path = self._cells / f"{key}.json"
        try:
            content = read_json(path, dict[str, Any])
            result = convert(content, _Result)
            sequence = check_sequence(result.sequence) if result.sequence else ""
            cell = Cell.from_dict(content)
        except FileNotFoundError:
            return None
        except (OSError, FormatError, SettingsError, SequenceError) as error:
            raise SweepStoreError(
                f"{path} cannot be read: {str(error).rstrip('.')}. Delete it and run the sweep "
                "again."
            ) from error
        conformers = (self._cells / f"{key}.xtc", self._topology(sequence))
        if sequence and not all(file.is_file() for file in conformers):
            return None
        return StoredCell(key, cell, sequence, result.metrics, result.reason)

    def cells(self) -> list[StoredCell]:
        """Return all finished and failed cells, including those of earlier requests."""
        found = (self.load(path.stem) for path in sorted(self._cells.glob("*.json")))
        return [cell for cell in found if cell is not None]

    def ensemble(self, key: str) -> Ensemble:
        """Read the conformers of a finished cell, rounded by XTC to 0.01 Å.

        Raises
        ------
        SweepStoreError
            If the cell has no conformers, or they cannot be read.
        """
        stored = self.load(key)
        if stored is None or stored.reason:
            raise SweepStoreError(f"Cell {key} has no conformers. Run the sweep to compute it.")
        try:
            loaded = load_atom14(
                self._cells / f"{key}.xtc", topology=self._topology(stored.sequence)
            )
        except StructureError as error:
            raise SweepStoreError(
                f"The conformers of cell {key} cannot be read: {error}. Delete "
                f"{self._cells / key}.json and run the sweep again."
            ) from error
        atoms = torch.where(loaded.mask[..., None], loaded.positions, 0.0).float()
        settings = {**stored.cell.to_dict()["config"], "protein": stored.cell.protein}
        return Ensemble(atoms, stored.sequence, settings)

    def table(self, cells: Iterable[StoredCell] | None = None) -> list[dict[str, Any]]:
        """Return a row for each cell: settings, temperature, metrics and reason.

        A schedule is given as its value. The temperature (K) is None for ensembles without one.
        """
        rows = []
        for stored in self.cells() if cells is None else cells:
            cell = stored.cell
            settings = {name: cell.axis(name) for name in cell.config.to_dict()}
            row = {"key": stored.key, "protein": cell.protein, **settings,
                   "temperature_k": cell.temperature}  # fmt: skip
            rows.append({**row, **stored.metrics, "reason": stored.reason})
        return rows

    def write_table(self) -> list[Path]:
        """Write ``table.parquet`` and ``table.csv``, with a row for each cell of the folder."""
        import pyarrow
        from pyarrow import csv, parquet

        rows = self.table()
        names = dict.fromkeys(name for row in rows for name in row)
        table = pyarrow.table({name: [row.get(name) for row in rows] for name in names})
        return write_files(
            {
                self.folder / "table.parquet": lambda file: parquet.write_table(table, file),
                self.folder / "table.csv": lambda file: csv.write_csv(table, file),
            },
            KEPT,
        )

    # --- inside -----------------------------------------------------------------------------

    def _topology(self, sequence: str) -> Path:
        name = sequence if len(sequence) <= 60 else hashlib.sha256(sequence.encode()).hexdigest()
        return self.folder / "topologies" / f"{name}.pdb"

    def _save_conformers(self, key: str, ensemble: Ensemble) -> None:
        topology = self._topology(ensemble.sequence)
        trajectory = ensemble.trajectory(heavy=True)
        if not topology.exists():
            make_folder(topology.parent)
            write_files({topology: lambda file: trajectory[0].save_pdb(str(file))}, KEPT)
        path = self._cells / f"{key}.xtc"
        write_files({path: lambda file: trajectory.save_xtc(str(file))}, KEPT)


def _is_empty(folder: Path) -> bool:
    with output_errors(folder):
        return not any(folder.iterdir())


def _read_about(path: Path) -> _Sweep:
    try:
        content = read_json(path, dict[str, Any], MAX_BYTES)
        written = content.get("format")
        if written == FORMAT:
            return convert(content, _Sweep)
    except (OSError, FormatError) as error:
        raise _unreadable(path, error) from error
    raise SweepStoreError(
        f"{path.parent} was written by another version (format {written!r:.60}, this one reads "
        f"{FORMAT!r}). Choose another folder, or use the version that wrote it."
    )


def _unreadable(path: Path, error: Exception) -> SweepStoreError:
    return SweepStoreError(
        f"{path} cannot be read: {str(error).rstrip('.')}. Choose another folder, or delete this "
        "one to start again."
    )
