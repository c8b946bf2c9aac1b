"""Evaluation of all metrics for many draws of frames at once.

A draw states how often each frame is taken: the value of a sample takes each frame once, a sampling
baseline takes some frames of the reference, a bootstrap sample takes some frames repeatedly.
Distances are computed in blocks of pairs and frames, and counted for all draws at once; only the
counts of each pair and draw are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import diversity, features, jensen_shannon, superposition, validity
from .histograms import Grid, draw_counts, joint_bins, weighted_counts
from .input_checks import Floats
from .tica import TicaModel

Values = dict[str, float]

EXACT_FLOAT32 = 2**24
"""Number up to which float32 holds all whole numbers."""
TM_PAIRS = 100
"""Pairs of frames for the mean TM-score of up to `TM_LENGTH` residues."""
TM_LENGTH = 60
"""Longer chains use fewer pairs, because tmtools takes time in proportion to the squared length."""

FEATURES: dict[str, Callable[[Floats], Floats]] = {
    "js_rg": lambda ca: features.radius_of_gyration(ca)[:, None],
    "js_rg_residue": lambda ca: features.radius_of_gyration(ca, per_residue=True),
}
"""Features (N, D) of CA positions (N, L, 3), by the metric that compares their distributions."""


@dataclass(frozen=True, eq=False)
class DrawStatistics:
    """Statistics of K draws from the frames of an ensemble."""

    histograms: dict[str, Floats]  # metric -> (K, D, B) counts
    rates: dict[str, Floats]  # metric -> (K,) mean over frames
    contacts: Floats  # (K, P) rates
    rmsf: Floats  # (K, L) Å
    pairs: dict[str, Floats]  # metric -> (K,) mean over pairs of frames

    def __len__(self) -> int:
        return len(self.contacts)

    def __getitem__(self, part: slice) -> DrawStatistics:
        return DrawStatistics(
            {key: found[part] for key, found in self.histograms.items()},
            {key: found[part] for key, found in self.rates.items()},
            self.contacts[part],
            self.rmsf[part],
            {key: found[part] for key, found in self.pairs.items()},
        )


def squares(a: DrawStatistics, b: DrawStatistics) -> dict[str, Floats]:
    """Compute squared distances of each feature between draws, (K, D) for each distance metric.

    ``b`` has as many draws as ``a``, or one.
    """
    contacts = np.square(a.contacts - b.contacts)
    found = {key: _js_squares(counted, b.histograms[key]) for key, counted in a.histograms.items()}
    return found | {
        "contact_rmse": contacts,
        "contact_rmse_sum": contacts,
        "rmsf_difference": np.square(a.rmsf - b.rmsf),
    }


def distance(key: str, squared: Floats) -> Floats:
    """Combine the squared distances (..., D) of the features to the value of a metric (...)."""
    if key.startswith("js_"):
        return np.sqrt(squared).mean(axis=-1)
    return np.sqrt(total(key, squared))


def total(key: str, squared: Floats) -> Floats:
    """Combine squared distances (..., D) of the features to one (...), without a root."""
    return squared.sum(axis=-1) if key.endswith("_sum") else squared.mean(axis=-1)


class MetricEvaluator:
    """Evaluates metrics of any ensemble of a protein against one reference ensemble.

    Parameters
    ----------
    reference : ndarray, shape (M, L, 3)
        CA positions in Å.
    folded : ndarray, shape (L, 3)
        CA positions of the folded structure, in Å.
    tica : TicaModel or None
        If None, the two TIC metrics are omitted.
    folded_cutoff : float
        CA-RMSD (Å) to `folded` below which a frame is folded.
    n_bins, outside
        As in :mod:`confdiff_widgets.analysis.jensen_shannon`.
    max_pairs : int
        Number of frame pairs for the mean pairwise RMSD.
    residues : ndarray of int, shape (L,), optional
        As in `validity.unbroken`.
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
        residues: NDArray | None = None,
    ) -> None:
        self._residues = residues
        self._folded, self._tica, self._cutoff = folded, tica, folded_cutoff
        self._n_bins, self._max_pairs = n_bins, max_pairs
        i, j = features.pair_indices(reference.shape[1])
        far = j - i >= features.MIN_SEPARATION
        self._near, self._far = (i[~far], j[~far]), (i[far], j[far])
        low, high = np.full(far.sum(), np.inf), np.zeros(far.sum())
        for pairs, _, distances in features.distance_blocks(reference, *self._far):
            low[pairs] = np.minimum(low[pairs], distances.min(axis=0))
            high[pairs] = np.maximum(high[pairs], distances.max(axis=0))
        self._grids = {"js_pwd": Grid.between(low, high, n_bins, outside)}
        for key, table in self._tables(reference).items():
            self._grids[key] = Grid.over(table, n_bins, outside)

    def statistics(
        self,
        ca: Floats,
        draws: Sequence[NDArray],
        rng: np.random.Generator,
        with_pairs: int | None = None,
    ) -> DrawStatistics:
        """Compute the statistics of draws, each given by the indices of its frames.

        Means over pairs of frames are computed for the first ``with_pairs`` draws only.
        """
        weights = np.stack([np.bincount(draw, minlength=len(ca)) for draw in draws], axis=1)
        total = weights.sum(axis=0).astype(np.float64)
        kind: Any = np.float32 if total.max() < EXACT_FLOAT32 else np.float64
        exact = weights.astype(kind)
        pwd, contacts, per_frame = self._of_distances(ca, exact)
        bins = {key: self._grids[key].bins(table) for key, table in self._tables(ca).items()}
        if "js_tic" in bins:
            bins["js_tic2d"] = joint_bins(bins["js_tic"], self._n_bins)
        counted = {key: draw_counts(found, self._width(key), exact) for key, found in bins.items()}
        rates: dict[str, Floats] = {}
        moments = np.zeros((1, 1))
        for part in features.frame_blocks(ca):
            w = weights[part].astype(np.float64)  # (n, K)
            deviation = superposition.superpose(ca[part], self._folded) - self._folded
            found = {key: row[part] for key, row in per_frame.items()}
            found["folded"] = np.sqrt(np.square(deviation).sum(-1).mean(-1)) < self._cutoff
            found["val_bond"] = validity.unbroken(ca[part], residues=self._residues)
            for key, row in found.items():
                rates[key] = rates.get(key, 0.0) + row.astype(np.float64) @ w
            flat = deviation.reshape(len(deviation), -1)
            moments = moments + np.concatenate([w.T @ flat, w.T @ np.square(flat)], axis=1)
        mean, squares = np.split(moments / total[:, None], 2, axis=1)
        variance = np.maximum(squares - np.square(mean), 0.0).reshape(len(total), -1, 3)
        return DrawStatistics(
            {"js_pwd": pwd, **counted},
            {key: found / total for key, found in rates.items()},
            contacts / total[:, None],
            np.sqrt(variance.sum(axis=-1)),
            self._of_pairs(ca, draws[:with_pairs], rng),
        )

    def _of_distances(
        self, ca: Floats, weights: Floats
    ) -> tuple[Floats, NDArray[np.float64], dict[str, NDArray]]:
        """Compute what depends on distances, in blocks of pairs.

        Returns the counts (K, P, B) and contacts (K, P) of each draw, and of each frame (N,) the
        fraction of distances beyond the grid and whether it is free of clashes.
        """
        grid, n_draws, n_pairs = self._grids["js_pwd"], weights.shape[1], len(self._far[0])
        counted = np.zeros((n_draws, n_pairs, self._n_bins), dtype=weights.dtype)
        contacts = np.zeros((n_draws, n_pairs))
        outside = np.zeros(len(ca))
        clash_free = np.ones(len(ca), dtype=bool)
        for pairs, frames, distances in features.distance_blocks(ca, *self._far):
            w, some = weights[frames], grid.columns(pairs)
            found = weighted_counts(some.bins(distances), self._n_bins, w)
            counted[:, pairs] += found.transpose(2, 0, 1)
            # as float for BLAS
            contacts[:, pairs] += w.T @ (distances < features.CONTACT_CUTOFF).astype(w.dtype)
            outside[frames] += np.count_nonzero(some.is_outside(distances), axis=1)
            clash_free[frames] &= (distances >= validity.CLASH_DISTANCE).all(axis=1)
        for _, frames, distances in features.distance_blocks(ca, *self._near):
            clash_free[frames] &= (distances >= validity.CLASH_DISTANCE).all(axis=1)
        return counted, contacts, {"outside": outside / n_pairs, "val_clash": clash_free}

    def values(self, sample: DrawStatistics, target: DrawStatistics) -> list[Values]:
        """Compute all metrics of each draw of `sample` against the first draw of `target`.

        Draws without pairs have no metrics of pairs.
        """
        columns: dict[str, Floats] = {
            key: distance(key, found) for key, found in squares(sample, target[:1]).items()
        }
        columns |= sample.rates | sample.pairs
        return [
            {key: float(found[k]) for key, found in columns.items() if k < len(found)}
            for k in range(len(sample))
        ]

    def _of_pairs(
        self, ca: Floats, draws: Sequence[NDArray], rng: np.random.Generator
    ) -> dict[str, Floats]:
        """Compute means over random pairs of the frames of each draw."""
        rmsd, tm = [], []
        for draw in draws:
            i, j = diversity.frame_pairs(len(draw), self._max_pairs, rng)
            rmsd.append(float(superposition.paired_rmsd(ca[draw[i]], ca[draw[j]]).mean()))
            if ca.shape[1] >= diversity.TM_RESIDUES:
                some = rng.permutation(len(i))[: _tm_pairs(ca.shape[1])]
                tm.append(diversity.mean_tm(ca, draw[i[some]], draw[j[some]]))
        found = {"pairwise_rmsd": np.array(rmsd)}
        return found | {"pairwise_tm": np.array(tm)} if tm else found

    def _tables(self, ca: Floats) -> dict[str, Floats]:
        """Compute the features (N, D) of each histogram metric but JS-PwD by its key."""
        found = {key: feature(ca) for key, feature in FEATURES.items()}
        if self._tica is not None:
            found["js_tic"] = self._tica.transform(ca)[:, :2]
        return found

    def _width(self, key: str) -> int:
        return self._n_bins**2 if key == "js_tic2d" else self._n_bins


def _js_squares(p: Floats, q: Floats) -> Floats:
    """Compute squared JS distances (K, D) of counts (K, D, B), a few features at a time."""
    found = np.empty(p.shape[:2])
    step = max(1, features.BLOCK_SIZE // max(1, len(p) * p.shape[2]))
    for start in range(0, p.shape[1], step):
        part = np.s_[:, start : start + step]
        found[part] = np.square(jensen_shannon.js_distance(p[part], q[part]))
    return found


def _tm_pairs(n_residues: int) -> int:
    """Return the number of pairs of a mean TM-score, at least 5."""
    return max(5, round(TM_PAIRS * min(1.0, (TM_LENGTH / n_residues) ** 2)))
