"""The cells of a sweep as maps over η and γ, and the best of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import Cell
from .store import StoredCell


@dataclass(frozen=True)
class Measure:
    """A number of a cell: its key, what it is called, and whether more or less is better."""

    key: str
    title: str
    unit: str
    digits: str


MEASURES = (
    Measure("energy", "OpenMM energy", "kcal/mol", ".0f"),
    Measure("diversity", "Diversity: mean pairwise RMSD", "Å", ".2f"),
    Measure("validity", "Valid: no clash, no broken bond", "", ".2f"),
    Measure("js_tic", "JS-TIC to the reference", "", ".2f"),
)


@dataclass(frozen=True, eq=False)
class Maps:
    """Cells of one protein on the plane of η (rows) and γ (columns).

    Cells that differ in other settings, such as the seed, share a place; numbers are their mean.

    Attributes
    ----------
    etas, gammas : list of float
    keys : dict of (int, int) to list of str
        Row and column to the keys of the cells there.
    values : dict of str to ndarray, shape (rows, columns)
        By the key of a measure; NaN where nothing is known.
    failed : ndarray of bool, shape (rows, columns)
        Where every cell failed.
    """

    etas: list[float]
    gammas: list[float]
    keys: dict[tuple[int, int], list[str]]
    values: dict[str, NDArray[np.float64]]
    failed: NDArray[np.bool_]

    def place(self, row: int, column: int) -> tuple[float, float]:
        """η and γ of a place."""
        return self.etas[row], self.gammas[column]


def make_maps(cells: dict[str, Cell], rows: dict[str, StoredCell], protein: str) -> Maps:
    """Maps of the cells that are wanted, with the numbers of those that are there."""
    mine = {key: cell for key, cell in cells.items() if cell.protein == protein}
    etas = sorted({float(cell.axis("eta")) for cell in mine.values()})
    gammas = sorted({float(cell.axis("gamma")) for cell in mine.values()})
    keys: dict[tuple[int, int], list[str]] = {}
    for key, cell in mine.items():
        place = etas.index(float(cell.axis("eta"))), gammas.index(float(cell.axis("gamma")))
        keys.setdefault(place, []).append(key)
    values = {m.key: np.full((len(etas), len(gammas)), np.nan) for m in MEASURES}
    floor = np.full((len(etas), len(gammas)), np.nan)
    failed = np.zeros((len(etas), len(gammas)), bool)
    for place, there in keys.items():
        found = [rows[key] for key in there if key in rows]
        failed[place] = bool(found) and all(row.reason for row in found)
        for measure in MEASURES:
            values[measure.key][place] = _mean(found, measure.key)
        floor[place] = _mean(found, "js_tic_floor")
    values["js_tic_floor"] = floor
    return Maps(etas, gammas, keys, values, failed)


def pareto_front(low: Sequence[float], high: Sequence[float]) -> list[int]:
    """Points that no other beats in both, ``low`` to be small and ``high`` large, by ``low``.

    Points with NaN are on no front.
    """
    order = sorted(
        (i for i in range(len(low)) if np.isfinite(low[i]) and np.isfinite(high[i])),
        key=lambda i: (low[i], -high[i]),
    )
    front: list[int] = []
    for i in order:
        if not front or high[i] > high[front[-1]]:
            front.append(i)
    return front


def _mean(rows: Iterable[StoredCell], key: str) -> float:
    found = [row.metrics[key] for row in rows if key in row.metrics]
    return float(np.mean(found)) if found else np.nan
