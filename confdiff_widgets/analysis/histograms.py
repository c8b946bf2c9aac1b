"""Histograms of many features at once, over the range of a reference.

Each value is assigned to its bin once and stored as an integer, so that a further draw of frames
only counts. Bin edges equal those of `numpy.histogram` to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .features import FRAMES_PER_BLOCK, frame_blocks
from .input_checks import Floats

Bins = NDArray[np.int32]
OUTSIDE = ("drop", "clip")
EDGE_MARGIN = 1e-6
"""Distance from an edge, in bins, below which a value is compared with the edges themselves."""

Feature = Callable[[Floats], Floats]
"""Function from CA positions (n, L, 3) in Å to a table of features (n, D)."""


@dataclass(frozen=True)
class Grid:
    """Bins of equal width for D features.

    Attributes
    ----------
    edges : ndarray, shape (D, B + 1)
    outside : {"drop", "clip"}
        Whether a value beyond the edges is ignored or counted in the outermost bin.
    """

    edges: Floats
    outside: str = "drop"

    @classmethod
    def over(cls, reference: Floats, n_bins: int, outside: str = "drop") -> Grid:
        """Divide the range of each column of a reference (M, D) into `n_bins` bins."""
        return cls.between(reference.min(axis=0), reference.max(axis=0), n_bins, outside)

    @classmethod
    def between(cls, low: Floats, high: Floats, n_bins: int, outside: str = "drop") -> Grid:
        """Divide the range between bounds (D,) into `n_bins` bins."""
        if outside not in OUTSIDE:
            raise ValueError(f"outside is {outside!r}. Use one of {OUTSIDE}")
        if n_bins < 2:
            raise ValueError(f"n_bins is {n_bins}. It must be at least 2")
        flat = low == high  # widened as in numpy.histogram
        low, high = np.where(flat, low - 0.5, low), np.where(flat, high + 0.5, high)
        return cls(np.linspace(low, high, n_bins + 1, axis=-1), outside)

    @property
    def n_bins(self) -> int:
        return self.edges.shape[1] - 1

    def columns(self, part: slice) -> Grid:
        """Return the bins of some of the features."""
        return Grid(self.edges[part], self.outside)

    def is_outside(self, values: Floats) -> NDArray[np.bool_]:
        """Return whether each value (N, D) is beyond the edges."""
        return (values < self.edges[:, 0]) | (values > self.edges[:, -1])

    def bins(self, values: Floats) -> Bins:
        """Find the bin of each value (N, D), counted from 0, or -1 for an ignored value."""
        low, high, n = self.edges[:, 0], self.edges[:, -1], self.n_bins
        scale = n / (high - low)
        place = np.clip(values, low, high)
        place -= low
        place *= scale
        found = place.astype(np.int32)
        # only values this close to an edge, in bins, may be rounded into the wrong bin
        margin = EDGE_MARGIN + 8 * np.finfo(float).eps * scale * np.maximum(abs(low), abs(high))
        place -= found
        place -= 0.5
        row, column = np.nonzero(np.abs(place, out=place) >= 0.5 - margin)
        value, near = values[row, column], np.minimum(found[row, column], n - 1)
        near -= value < self.edges[column, near]
        near += (value >= self.edges[column, near + 1]) & (near < n - 1)
        found[row, column] = np.clip(near, 0, n - 1)
        if self.outside == "drop":
            found[self.is_outside(values)] = -1
        return found


def joint_bins(bins: Bins, n_bins: int) -> Bins:
    """Combine the bins (N, 2) of two axes to bins (N, 1) of an n_bins x n_bins plane."""
    joint = bins[:, 0] * n_bins + bins[:, 1]
    return np.where((bins < 0).any(axis=1), -1, joint).astype(np.int32)[:, None]


def counts(bins: Bins, n_bins: int) -> Floats:
    """Count the values in each bin: bins (N, D) to counts (D, n_bins)."""
    n_features = bins.shape[1]
    flat = (bins + np.arange(n_features, dtype=np.int64) * n_bins)[bins >= 0]
    total = np.bincount(flat, minlength=n_features * n_bins)
    return total.reshape(n_features, n_bins).astype(np.float64)


def weighted_counts(bins: Bins, n_bins: int, weights: Floats) -> Floats:
    """Count the values in each bin for K draws of frames.

    Parameters
    ----------
    bins : ndarray of int, shape (N, D)
    n_bins : int
    weights : ndarray, shape (N, K)
        How often each draw contains each frame; counts have its type.

    Returns
    -------
    ndarray, shape (D, n_bins, K)
    """
    from scipy import sparse  # slow to import, and not needed for sampling

    n_frames, n_features = bins.shape
    width = n_bins + 1  # the first column of each feature collects ignored values
    columns = bins + 1 + np.arange(n_features, dtype=np.int32) * width
    taken = sparse.csr_matrix(
        (
            np.ones(columns.size, dtype=weights.dtype),
            columns.ravel(),
            np.arange(0, columns.size + 1, n_features),
        ),
        shape=(n_frames, n_features * width),
    )
    found = (taken.T @ weights).reshape(n_features, width, -1)
    return found[:, 1:]


def draw_counts(bins: Bins, n_bins: int, weights: Floats) -> Floats:
    """Count bins (N, D) for K draws with weights (N, K) in blocks of frames, (K, D, n_bins)."""
    total = np.zeros((weights.shape[1], bins.shape[1], n_bins), dtype=weights.dtype)
    for start in range(0, len(bins), FRAMES_PER_BLOCK):
        part = slice(start, start + FRAMES_PER_BLOCK)
        total += weighted_counts(bins[part], n_bins, weights[part]).transpose(2, 0, 1)
    return total


def feature_range(feature: Feature, ca: Floats) -> tuple[Floats, Floats]:
    """Return the smallest and the largest value of each column of a feature, (D,) each."""
    low = high = None
    for part in frame_blocks(ca):
        table = feature(ca[part])
        least, most = table.min(axis=0), table.max(axis=0)
        low = least if low is None else np.minimum(low, least)
        high = most if high is None else np.maximum(high, most)
    assert low is not None and high is not None  # an ensemble has at least one frame
    return low, high


def histograms_of(
    feature: Feature, sample: Floats, reference: Floats, n_bins: int, outside: str
) -> tuple[Floats, Floats]:
    """Count a feature of two ensembles (N, L, 3) over the range of the second, (D, n_bins) each."""
    grid = Grid.between(*feature_range(feature, reference), n_bins, outside)
    a, b = (
        sum(counts(grid.bins(feature(ca[part])), n_bins) for part in frame_blocks(ca))
        for ca in (sample, reference)
    )
    return a, b  # type: ignore[return-value]  # there is a frame, so the sum is an array
