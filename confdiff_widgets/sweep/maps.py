"""Maps of a sweep's metrics over η or temperature and γ, and the Pareto front of its cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import Cell
from .store import StoredCell
from .stored_keys import baseline_key


@dataclass(frozen=True)
class Measure:
    """A metric that is drawn as a map.

    Attributes
    ----------
    key : str
        Key in the metrics of a cell.
    title, unit : str
    digits : str
        Format of its values.
    """

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
    """Metrics of one protein over η or temperature (rows) and γ (columns).

    Cells that differ in other settings, such as the seed, share an entry, which is their mean.

    Attributes
    ----------
    strengths : list of float
        Temperatures in K if ``thermal``, otherwise values of η.
    gammas : list of float
    keys : dict of (int, int) to list of str
        Keys of the cells of each row and column.
    values : dict of str to ndarray, shape (rows, columns)
        By key of the metric; NaN where no cell is computed.
    failed : ndarray of bool, shape (rows, columns)
        Whether all cells of an entry failed.
    thermal : bool
        Whether all cells have a temperature.
    """

    strengths: list[float]
    gammas: list[float]
    keys: dict[tuple[int, int], list[str]]
    values: dict[str, NDArray[np.float64]]
    failed: NDArray[np.bool_]
    thermal: bool = False

    @property
    def axis(self) -> str:
        """Title of the axis of the rows."""
        return "Temperature (K)" if self.thermal else "η"

    @property
    def labels(self) -> list[str]:
        """Labels of the rows."""
        return [f"{value:g}" for value in self.strengths]

    def row_name(self, row: int) -> str:
        """Return "350 K" or "η 0.5"."""
        label = self.labels[row]
        return f"{label} K" if self.thermal else f"η {label}"

    def name(self, row: int, column: int) -> str:
        """Return "350 K, γ 1" or "η 0.5, γ 1"."""
        return f"{self.row_name(row)}, γ {self.gammas[column]:g}"


def make_maps(cells: dict[str, Cell], rows: dict[str, StoredCell], protein: str) -> Maps:
    """Compute the maps of a protein from its requested cells and the stored ones.

    Parameters
    ----------
    cells : dict of str to Cell
        Requested cells by key.
    rows : dict of str to StoredCell
        Stored cells by key.
    protein : str
    """
    mine = {key: cell for key, cell in cells.items() if cell.protein == protein}
    thermal = all(cell.temperature is not None for cell in mine.values())

    def strength(cell: Cell) -> float:
        return float(cell.axis("eta") if not thermal else cell.temperature or 0.0)

    strengths = sorted({strength(cell) for cell in mine.values()})
    gammas = sorted({float(cell.axis("gamma")) for cell in mine.values()})
    keys: dict[tuple[int, int], list[str]] = {}
    for key, cell in mine.items():
        entry = strengths.index(strength(cell)), gammas.index(float(cell.axis("gamma")))
        keys.setdefault(entry, []).append(key)
    metrics = (*(measure.key for measure in MEASURES), baseline_key("js_tic"))
    values = {metric: np.full((len(strengths), len(gammas)), np.nan) for metric in metrics}
    failed = np.zeros((len(strengths), len(gammas)), bool)
    for entry, entry_keys in keys.items():
        stored = [rows[key] for key in entry_keys if key in rows]
        failed[entry] = bool(stored) and all(row.reason for row in stored)
        for metric in metrics:
            values[metric][entry] = _mean(stored, metric)
    return Maps(strengths, gammas, keys, values, failed, thermal)


def pareto_front(low: Sequence[float], high: Sequence[float]) -> list[int]:
    """Return the indices of the Pareto front for small ``low`` and large ``high``, by ``low``.

    Points with NaN are never part of it.
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
    values = [row.metrics[key] for row in rows if key in row.metrics]
    return float(np.mean(values)) if values else np.nan
