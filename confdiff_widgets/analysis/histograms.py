"""Histograms of many features at once, over the reference's range.

Bins are found once per frame and kept as integers, so that a bootstrap or a floor costs a count.
Bin borders follow `numpy.histogram` to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .chunks import Feature, extent, pairs_slices
from .input_checks import Floats

Bins = NDArray[np.int32]
OUTSIDE = ("drop", "clip")


@dataclass(frozen=True)
class Grid:
    """Equal bins for D features.

    Attributes
    ----------
    edges : ndarray, shape (D, B + 1)
    outside : {"drop", "clip"}
        What becomes of a value beyond the edges: not counted, or counted in the last bin.
    """

    edges: Floats
    outside: str = "drop"

    @classmethod
    def over(cls, reference: Floats, n_bins: int, outside: str = "drop") -> Grid:
        """`n_bins` equal bins from the smallest to the largest value of each column (M, D)."""
        return cls.between(reference.min(axis=0), reference.max(axis=0), n_bins, outside)

    @classmethod
    def between(cls, low: Floats, high: Floats, n_bins: int, outside: str = "drop") -> Grid:
        """`n_bins` equal bins between bounds of shape (D,)."""
        if outside not in OUTSIDE:
            raise ValueError(f"outside is {outside!r}, must be one of {OUTSIDE}")
        if n_bins < 2:
            raise ValueError(f"n_bins is {n_bins}, must be at least 2")
        flat = low == high  # as numpy.histogram does: a bin needs a width
        low, high = np.where(flat, low - 0.5, low), np.where(flat, high + 0.5, high)
        return cls(np.linspace(low, high, n_bins + 1, axis=-1), outside)

    @property
    def n_bins(self) -> int:
        return self.edges.shape[1] - 1

    def is_outside(self, values: Floats) -> NDArray[np.bool_]:
        """(N, D): beyond the reference's smallest or largest value."""
        return (values < self.edges[:, 0]) | (values > self.edges[:, -1])

    def bins(self, values: Floats) -> Bins:
        """Bin of each value (N, D), from 0; -1 for a value that is dropped."""
        low, high, n = self.edges[:, 0], self.edges[:, -1], self.n_bins
        found = ((np.clip(values, low, high) - low) / (high - low) * n).astype(np.int32)
        found = np.minimum(found, n - 1)
        columns = np.arange(values.shape[1])
        found -= values < self.edges[columns, found]
        found += (values >= self.edges[columns, found + 1]) & (found < n - 1)
        found = np.clip(found, 0, n - 1).astype(np.int32)
        if self.outside == "drop":
            found[self.is_outside(values)] = -1
        return found


def joint_bins(bins: Bins, n_bins: int) -> Bins:
    """Bins (N, 1) of the n_bins x n_bins plane from the bins (N, 2) of its two axes."""
    joint = bins[:, 0] * n_bins + bins[:, 1]
    return np.where((bins < 0).any(axis=1), -1, joint).astype(np.int32)[:, None]


def counts(bins: Bins, n_bins: int) -> Floats:
    """How many values fell into each bin: (N, D) bins to (D, n_bins) counts."""
    n_features = bins.shape[1]
    flat = (bins + np.arange(n_features, dtype=np.int64) * n_bins)[bins >= 0]
    total = np.bincount(flat, minlength=n_features * n_bins)
    return total.reshape(n_features, n_bins).astype(np.float64)


def weighted_counts(bins: Bins, n_bins: int, weights: Floats) -> Floats:
    """Counts of many draws at once: (N, D) bins, how often each takes a frame (N, K).

    Returns
    -------
    ndarray, shape (D, n_bins, K)
    """
    n_frames, n_features = bins.shape
    width = n_bins + 1  # the first column of each feature takes what is dropped
    columns = bins + 1 + np.arange(n_features, dtype=np.int32) * width
    taken = sparse.csr_matrix(
        (
            np.ones(columns.size),
            columns.ravel(),
            np.arange(0, columns.size + 1, n_features),
        ),
        shape=(n_frames, n_features * width),
    )
    found = (taken.T @ weights).reshape(n_features, width, -1)
    return found[:, 1:]


def histograms_of(
    feature: Feature, sample: Floats, reference: Floats, n_bins: int, outside: str
) -> tuple[Floats, Floats]:
    """Counts (D, n_bins) of a feature of two ensembles (N, L, 3), over the second one's range."""
    grid = Grid.between(*extent(feature, reference), n_bins, outside)
    a, b = (
        sum(counts(grid.bins(feature(ca[part])), n_bins) for part in pairs_slices(ca))
        for ca in (sample, reference)
    )
    return a, b  # type: ignore[return-value]  # an ensemble has a frame, the sum an array
