"""A sweep on disk: one folder, a finished cell written at once and found again by its content.

``sweep.json`` holds the format and the cells of the last request; ``cells/KEY.json`` the settings
and numbers of a cell, ``cells/KEY.xtc`` its conformers with all heavy atoms, and
``topologies/SEQUENCE.pdb`` what they are made of. The numbers are written last: a cell without
them was interrupted and counts as not done. ``table.parquet`` and ``table.csv`` are the table of
all cells, made when a run of the sweep ends.
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
from ..errors import UserError
from ..geometry.structure import StructureError, load_atom14
from .cell import Cell, CellResult

FORMAT = "confdiff-sweep-1"


class SweepStoreError(UserError, OSError):
    """A results folder that cannot be read or written."""


@dataclass(frozen=True, eq=False)
class StoredCell:
    """A cell that is done, or failed.

    Attributes
    ----------
    key : str
    cell : Cell
    sequence : str
        Empty if the cell failed.
    metrics : dict of str to float
    reason : str
        Why it failed; empty if it is done.
    """

    key: str
    cell: Cell
    sequence: str
    metrics: dict[str, float]
    reason: str = ""


class SweepStore:
    """The results folder of a sweep; made if it does not exist.

    One process writes, any number read.

    Parameters
    ----------
    folder : path

    Raises
    ------
    SweepStoreError
        For a folder of another version, one that holds something else, or no right to write.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self._cells = self.folder / "cells"
        about = self.folder / "sweep.json"
        if about.is_file():
            _read_about(about)
        elif self.folder.is_dir() and any(self.folder.iterdir()):
            raise SweepStoreError(
                f"{folder} holds something else than a sweep: choose another folder."
            )
        elif self.folder.exists() and not self.folder.is_dir():
            raise SweepStoreError(f"{folder} is a file: give the name of a folder.")
        else:
            try:
                self._cells.mkdir(parents=True)
            except OSError as error:
                raise self._failed(error) from error
            self.request([])

    def request(
        self, cells: Sequence[tuple[str, Cell]], about: dict[str, Any] | None = None
    ) -> None:
        """Remember which cells are wanted, under which keys, and what else says how to run them."""
        content = {
            "format": FORMAT,
            "about": about or {},
            "cells": [{"key": key, **cell.to_dict()} for key, cell in cells],
        }
        self._write(self.folder / "sweep.json", json.dumps(content, ensure_ascii=False) + "\n")

    def requested(self) -> tuple[list[tuple[str, Cell]], dict[str, Any]]:
        """What :meth:`request` was told last."""
        content = _read_about(self.folder / "sweep.json")
        return [(row["key"], Cell.from_dict(row)) for row in content["cells"]], content["about"]

    def save(self, key: str, cell: Cell, result: CellResult) -> StoredCell:
        """Write a cell; when this returns it is on the disk.

        Raises
        ------
        SweepStoreError
            If it cannot be written, on a full disk for example; nothing half-written counts.
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
        """A cell, if it was computed (or failed)."""
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
                f"{self._cells / key}.json cannot be read: {error}. Delete it, and the sweep "
                "computes the cell again."
            ) from error

    def cells(self) -> list[StoredCell]:
        """All cells that were computed or failed, of this and earlier requests."""
        found = (self.load(path.stem) for path in sorted(self._cells.glob("*.json")))
        return [cell for cell in found if cell is not None]

    def ensemble(self, key: str) -> Ensemble:
        """Conformers of a cell that is done, to XTC's 0.01 Å.

        Raises
        ------
        SweepStoreError
            If there are none.
        """
        stored = self.load(key)
        if stored is None or stored.reason:
            raise SweepStoreError(f"There are no conformers of the cell {key}.")
        try:
            loaded = load_atom14(
                self._cells / f"{key}.xtc", topology=self._topology(stored.sequence)
            )
        except StructureError as error:
            raise SweepStoreError(
                f"The conformers of the cell {key} cannot be read: {error}. Delete "
                f"{self._cells / key}.json, and the sweep computes the cell again."
            ) from error
        atoms = torch.where(loaded.mask[..., None], loaded.positions, 0.0).float()
        settings = {**stored.cell.to_dict()["config"], "protein": stored.cell.protein}
        return Ensemble(atoms, stored.sequence, settings)

    def table(self, cells: Iterable[StoredCell] | None = None) -> list[dict[str, Any]]:
        """One row a cell: settings (a schedule by its value), numbers, and why it failed."""
        rows = []
        for stored in self.cells() if cells is None else cells:
            settings = {name: stored.cell.axis(name) for name in stored.cell.config.to_dict()}
            row = {"key": stored.key, "protein": stored.cell.protein, **settings}
            rows.append({**row, **stored.metrics, "reason": stored.reason})
        return rows

    def write_table(self) -> list[Path]:
        """Write ``table.parquet`` and ``table.csv``, one row a cell of the folder."""
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
        except (OSError, RuntimeError) as error:  # mdtraj's XTC writer raises the latter
            partial.unlink(missing_ok=True)
            raise self._failed(error) from error

    def _write(self, path: Path, text: str) -> None:
        """Whole or not at all, and on the disk when this returns."""
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
        cure = "Free some space" if full else "Choose another folder or free some space"
        return SweepStoreError(
            f"Writing into {self.folder} failed: {getattr(error, 'strerror', None) or error}. "
            f"{cure} and run the sweep again; the cells that are stored stay."
        )


def _read_about(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        written = content.get("format")
    except (OSError, ValueError, AttributeError) as error:
        raise SweepStoreError(
            f"{path} cannot be read: {error}. Choose another folder, or delete it to begin anew."
        ) from error
    if written != FORMAT:
        raise SweepStoreError(
            f"{path.parent} was written by another version (format {written!r}, this one reads "
            f"{FORMAT!r}). Choose another folder, or go on with the version that made it."
        )
    return content
