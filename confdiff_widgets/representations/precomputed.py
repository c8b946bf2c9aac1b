"""Folders of ESMFold or OpenFold features in the layout of the published scripts."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import torch

from ..ensembles.text_files import read_text
from ..geometry.residues import check_sequence
from .base import Features, RepresentationError, check_features

INDEX = "seqres_to_index.recycle{recycles}.csv"


class Precomputed:
    """Features in a folder, indexed by sequence.

    ESMFold's are in ``recycle<k>/<index>.trunk_node_repr.recycle<k>.npy`` and ``trunk_edge_repr``,
    OpenFold's in ``<index>/<index>_recycle<k>_single_repr.npy`` and ``_pair_repr``; a table
    ``seqres_to_index.recycle<k>.csv`` says which index a sequence has.

    Parameters
    ----------
    folder : path
    recycles : int, optional
        Which of the tables; not needed where there is one.

    Attributes
    ----------
    layout : "esmfold" or "openfold"
    """

    def __init__(self, folder: str | Path, recycles: int | None = None):
        self.folder = Path(folder)
        tables = _tables(self.folder)
        wanted = {k: t for k, t in tables.items() if recycles in (None, k)}
        if len(wanted) != 1:
            raise RepresentationError(
                f"{self.folder} holds no {INDEX.format(recycles=recycles)}."
                if not wanted
                else f"{self.folder} holds features after {' and '.join(map(str, tables))} "
                "recycles: name the representation, such as esmfold-r3."
            )
        ((self.recycles, table),) = wanted.items()
        self._root = table.parent
        self._index = _read_table(table)
        self.layout = "esmfold" if self._is_esmfold() else "openfold"
        self.name = f"{self.layout}-r{self.recycles}"
        first = next(iter(self._index))
        features = self(first)
        self.node_size = features.node.shape[-1]
        self.pair_size = 0 if features.pair is None else features.pair.shape[-1]

    @property
    def sequences(self) -> list[str]:
        """The sequences in the table."""
        return list(self._index)

    def __call__(self, sequence: str) -> Features:
        sequence = check_sequence(sequence)
        if sequence not in self._index:
            raise RepresentationError(
                f"{self.folder} has no features of {sequence}, only of {len(self._index)} other "
                "sequences: run the authors' script for it, or use another representation."
            )
        node, pair = (self._read(path) for path in self._paths(sequence))
        if node is None:
            raise RepresentationError(f"{self._paths(sequence)[0]} is missing.")
        return check_features(Features(node, pair), sequence, str(self._paths(sequence)[0].parent))

    def _is_esmfold(self) -> bool:
        index = next(iter(self._index.values()))
        return any(p.is_file() for p in _esmfold_paths(self._root, index, self.recycles))

    def _paths(self, sequence: str) -> tuple[Path, Path]:
        make = _esmfold_paths if self.layout == "esmfold" else _openfold_paths
        paths = make(self._root, self._index[sequence], self.recycles)
        for path in paths:
            if not path.resolve().is_relative_to(self._root.resolve()):
                raise RepresentationError(
                    f"The table of {self.folder} points outside it ({self._index[sequence]}): "
                    "nothing was read."
                )
        return paths

    def _read(self, path: Path) -> torch.Tensor | None:
        if not path.is_file():
            return None
        try:
            return torch.from_numpy(np.load(path, allow_pickle=False))
        except (OSError, ValueError, EOFError, TypeError) as error:
            raise RepresentationError(f"{path} is damaged or no array: {error}") from error


def _esmfold_paths(root: Path, index: str, k: int) -> tuple[Path, Path]:
    return (
        root / f"{index}.trunk_node_repr.recycle{k}.npy",
        root / f"{index}.trunk_edge_repr.recycle{k}.npy",
    )


def _openfold_paths(root: Path, index: str, k: int) -> tuple[Path, Path]:
    return (
        root / index / f"{index}_recycle{k}_single_repr.npy",
        root / index / f"{index}_recycle{k}_pair_repr.npy",
    )


def _tables(folder: Path) -> dict[int, Path]:
    """Return the tables by number of recycles, from the folder or its ``recycle<k>``."""
    if not folder.is_dir():
        raise RepresentationError(f"No such folder of features: {folder}")
    found: dict[int, Path] = {}
    for table in [*folder.glob(INDEX.format(recycles="*")), *folder.glob("recycle*/seqres*.csv")]:
        recycles = table.stem.rpartition("recycle")[2]
        if recycles.isdigit():
            found[int(recycles)] = table
    if not found:
        raise RepresentationError(
            f"{folder} is not a folder of features: it should contain {INDEX.format(recycles=3)} "
            f"(OpenFold) or recycle3/{INDEX.format(recycles=3)} (ESMFold)."
        )
    return dict(sorted(found.items()))


def _read_table(table: Path) -> dict[str, str]:
    try:
        rows = csv.DictReader(read_text(table).splitlines())
        index = {row["seqres"]: row["index"] for row in rows}
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise RepresentationError(f"{table} is no table of seqres and index: {error}") from error
    if not index:
        raise RepresentationError(f"{table} names no sequence.")
    return index
