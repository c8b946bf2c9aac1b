"""Every metric of an ensemble as a function of *which rows* are taken.

What a frame contributes (bins, contacts, validity, ...) is worked out once. The value, the
floor, the static baseline and the bootstrap are then the same function on other rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import divergence, diversity, features, superposition, validity
from ._checks import Floats
from ._histogram import Bins, Grid, counts, joint_bins
from .tica import TicaModel

Values = dict[str, float]


@dataclass(frozen=True, eq=False)
class Rows:
    """One row a frame (N): all that the metrics need of an ensemble."""

    bins: dict[str, Bins]  # metric -> (N, D)
    outside: Floats  # (N,) fraction of CA pairs beyond the reference's range
    folded: NDArray[np.bool_]  # (N,)
    clash_free: NDArray[np.bool_]  # (N,)
    unbroken: NDArray[np.bool_]  # (N,)
    contacts: NDArray[np.bool_]  # (N, P)
    placed: Floats  # (N, L, 3) superposed on the folded structure

    def __len__(self) -> int:
        return len(self.placed)


class Evaluator:
    """Compares rows of any ensemble of a protein with one reference ensemble.

    Parameters
    ----------
    reference : ndarray, shape (M, L, 3)
        Å.
    folded : ndarray, shape (L, 3)
        Å.
    tica : TicaModel or None
        Without one the two TIC metrics are left out.
    folded_cutoff : float
        Å, CA-RMSD to `folded` below which a frame is folded.
    n_bins, outside
        As in `divergence`.
    max_pairs : int
        Pairs of frames for the mean pairwise RMSD.
    """

    def __init__(
        self,
        reference: Floats,
        folded: Floats,
        tica: TicaModel | None,
        *,
        folded_cutoff: float,
        n_bins: int,
        outside: str,
        max_pairs: int,
    ) -> None:
        self._folded, self._tica, self._cutoff = folded, tica, folded_cutoff
        self._n_bins, self._max_pairs = n_bins, max_pairs
        columns = self._columns(reference)
        self._grids = {key: Grid.over(table, n_bins, outside) for key, table in columns.items()}
        self.reference = self._rows(reference, columns)
        self._histograms = {
            key: counts(bins, self._width(key)) for key, bins in self.reference.bins.items()
        }
        self._contact_rates = self.reference.contacts.mean(axis=0)
        self._rmsf = diversity.spread(self.reference.placed)

    def rows(self, ca: Floats) -> Rows:
        """Work out the rows of an ensemble (N, L, 3) in Å."""
        return self._rows(ca, self._columns(ca))

    def evaluate(self, rows: Rows, take: NDArray, rng: np.random.Generator) -> Values:
        """Every metric of the frames `take` of `rows`, against the whole reference."""
        values = {
            key: float(
                divergence.js_distance(
                    counts(bins[take], self._width(key)), self._histograms[key]
                ).mean()
            )
            for key, bins in rows.bins.items()
        }
        placed = rows.placed[take]
        rates = rows.contacts[take].mean(axis=0)
        values["outside"] = float(rows.outside[take].mean())
        values["folded"] = float(rows.folded[take].mean())
        values["val_clash"] = float(rows.clash_free[take].mean())
        values["val_bond"] = float(rows.unbroken[take].mean())
        values["pairwise_rmsd"] = self.pairwise_rmsd(placed, rng)
        values["contact_rmse"] = _root_mean_square(rates - self._contact_rates)
        values["rmsf_difference"] = _root_mean_square(diversity.spread(placed) - self._rmsf)
        return values

    def pairwise_rmsd(self, ca: Floats, rng: np.random.Generator) -> float:
        """Mean CA-RMSD over at most `max_pairs` pairs of frames, in Å."""
        i, j = diversity.frame_pairs(len(ca), self._max_pairs, rng)
        return float(superposition.paired_rmsd(ca[i], ca[j]).mean())

    def _columns(self, ca: Floats) -> dict[str, Floats]:
        """The binned features, by the metric that they serve."""
        columns = {
            "js_pwd": features.ca_distances(ca, features.MIN_SEPARATION),
            "js_rg": features.radius_of_gyration(ca)[:, None],
        }
        if self._tica is not None:
            columns["js_tic"] = self._tica.transform(ca)[:, :2]
        return columns

    def _rows(self, ca: Floats, columns: dict[str, Floats]) -> Rows:
        bins = {key: self._grids[key].bins(table) for key, table in columns.items()}
        if "js_tic" in bins:
            bins["js_tic2d"] = joint_bins(bins["js_tic"], self._n_bins)
        placed = superposition.superpose(ca, self._folded)
        rmsd = np.sqrt(np.square(placed - self._folded).sum(axis=-1).mean(axis=-1))
        return Rows(
            bins=bins,
            outside=self._grids["js_pwd"].is_outside(columns["js_pwd"]).mean(axis=1),
            folded=rmsd < self._cutoff,
            clash_free=validity.clash_free(ca),
            unbroken=validity.unbroken(ca),
            contacts=columns["js_pwd"] < features.CONTACT_CUTOFF,
            placed=placed,
        )

    def _width(self, key: str) -> int:
        return self._n_bins**2 if key == "js_tic2d" else self._n_bins


def _root_mean_square(x: Floats) -> float:
    return float(np.sqrt(np.square(x).mean()))
