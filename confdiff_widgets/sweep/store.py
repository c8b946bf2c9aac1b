"""The results folder of a sweep, in which each cell is stored when it is finished.

``sweep.json`` contains the format and the requested cells, ``cells/KEY.json`` the settings and
metrics of a cell, ``cells/KEY.xtc`` its conformers with all heavy atoms, and
``topologies/SEQUENCE.pdb`` their topology. The JSON file of a cell is written last: without it
the cell was interrupted and counts as missing. ``table.parquet`` and ``table.csv`` list all cells
and are written at the end of a run.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..ensembles.ensemble import Ensemble
from ..ensembles.heavy_atoms import load_atom14
from ..errors import UserError
from ..geometry.structure import StructureError
from .cell import Cell, CellResult

FORMAT = "confdiff-sweep-1"


class SweepStoreError(UserError, OSError):
    """A results folder cannot be read or written."""


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
        If the folder is of another version, contains something else or cannot be written.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self._cells = self.folder / "cells"
        about = self.folder / "sweep.json"
        if about.is_file():
            _read_about(about)
        elif self.folder.is_dir() and any(self.folder.iterdir()):
            raise SweepStoreError(
                f"{folder} contains something else than a sweep. Choose another folder."
            )
        elif self.folder.exists() and not self.folder.is_dir():
            raise SweepStoreError(f"{folder} is a file. Give the name of a folder.")
        else:
            try:
                self._cells.mkdir(parents=True)
            except OSError as error:
                raise self._failed(error) from error
            self.request([])

    def request(
        self, cells: Sequence[tuple[str, Cell]], about: dict[str, Any] | None = None
    ) -> None:
        """Store the requested cells with their keys, and the job that computes them."""
        content = {
            "format": FORMAT,
            "about": about or {},
            "cells": [{"key": key, **cell.to_dict()} for key, cell in cells],
        }
        self._write(self.folder / "sweep.json", json.dumps(content, ensure_ascii=False) + "\n")

    def requested(self) -> tuple[list[tuple[str, Cell]], dict[str, Any]]:
        """Return the arguments of the last :meth:`request`."""
        content = _read_about(self.folder / "sweep.json")
        return [(row["key"], Cell.from_dict(row)) for row in content["cells"]], content["about"]

    def save(self, key: str, cell: Cell, result: CellResult) -> StoredCell:
        """Write a cell to disk, synchronously.

        Raises
        ------
        SweepStoreError
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
        self._write(self._cells / f"{key}.json", text)
        return StoredCell(key, cell, sequence, result.metrics, result.reason)

    def load(self, key: str) -> StoredCell | None:
        """Return a finished or failed cell, or None."""
        try:
            content = json.loads((self._cells / f"{key}.json").read_text(encoding="utf-8"))
            return StoredCell(
                key,
                Cell.from_dict(content),
                content["sequence"],
                content["metrics"],
                content["reason"],
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError) as error:
            raise SweepStoreError(
                f"{self._cells / key}.json cannot be read: {error}. Delete it and run the sweep "
                "again."
            ) from error

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
        """Return a row for each cell: settings (a schedule as its value), metrics and reason."""
        rows = []
        for stored in self.cells() if cells is None else cells:
            settings = {name: stored.cell.axis(name) for name in stored.cell.config.to_dict()}
            row = {"key": stored.key, "protein": stored.cell.protein, **settings}
            rows.append({**row, **stored.metrics, "reason": stored.reason})
        return rows

    def write_table(self) -> list[Path]:
        """Write ``table.parquet`` and ``table.csv``, with a row for each cell of the folder."""
        import pyarrow
        from pyarrow import csv, parquet

        rows = self.table()
        names = dict.fromkeys(name for row in rows for name in row)
        table = pyarrow.table({name: [row.get(name) for row in rows] for name in names})
        written = []
        for write, ending in ((parquet.write_table, "parquet"), (csv.write_csv, "csv")):
            path = self.folder / f"table.{ending}"
            partial = path.with_suffix(".partial")
            try:
                write(table, partial)
                partial.replace(path)
            except OSError as error:
                raise self._failed(error) from error
            written.append(path)
        return written

    # --- inside -----------------------------------------------------------------------------

    def _topology(self, sequence: str) -> Path:
        name = sequence if len(sequence) <= 60 else hashlib.sha256(sequence.encode()).hexdigest()
        return self.folder / "topologies" / f"{name}.pdb"

    def _save_conformers(self, key: str, ensemble: Ensemble) -> None:
        path, topology = self._cells / f"{key}.xtc", self._topology(ensemble.sequence)
        trajectory = ensemble.trajectory(heavy=True)
        partial = self._cells / f"{key}.partial.xtc"
        try:
            if not topology.exists():
                topology.parent.mkdir(exist_ok=True)
                unfinished = topology.with_suffix(".partial.pdb")
                trajectory[0].save_pdb(str(unfinished))
                unfinished.replace(topology)
            trajectory.save_xtc(str(partial))
            partial.replace(path)
        except (OSError, RuntimeError) as error:  # RuntimeError: mdtraj's XTC writer
            partial.unlink(missing_ok=True)
            raise self._failed(error) from error

    def _write(self, path: Path, text: str) -> None:
        """Write a file atomically and synchronously."""
        partial = path.with_suffix(".partial")
        try:
            with partial.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> SweepStoreError:
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        fix = "Free some space" if full else "Choose another folder or free some space"
        return SweepStoreError(
            f"Writing into {self.folder} failed: {getattr(error, 'strerror', None) or error}. "
            f"{fix} and run the sweep again; stored cells are kept."
        )


def _read_about(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        written = content.get("format")
    except (OSError, ValueError, AttributeError) as error:
        raise SweepStoreError(
            f"{path} cannot be read: {error}. Choose another folder, or delete "
            "this one to start again."
        ) from error
    if written != FORMAT:
        raise SweepStoreError(
            f"{path.parent} was written by another version (format {written!r}, this one reads "
            f"{FORMAT!r}). Choose another folder, or use the version that wrote it."
        )
    return content
