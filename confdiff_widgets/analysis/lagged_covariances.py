"""Instantaneous and time-lagged covariances of features, accumulated block by block.

The estimator is the reversible one of TICA, in which every pair (x, y) of a trajectory also counts
as (y, x). With s = x + y and d = x - y, two products are sufficient:

    C(0) = (Σ s sᵀ + Σ d dᵀ) / 4T - m mᵀ,    C(τ) = (Σ s sᵀ - Σ d dᵀ) / 4T - m mᵀ,    m = Σ s / 2T,

Both are products of a matrix with itself, which takes BLAS a quarter of the work of the four
products in xxᵀ + yyᵀ and xyᵀ + yxᵀ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .input_checks import Floats


@dataclass(frozen=True, eq=False)
class LaggedCovariance:
    """C(0) and C(τ), shape (D, D), and the mean (D,) of D features over T lagged pairs."""

    instant: Floats
    lagged: Floats
    mean: Floats


class LaggedSums:
    """Running sums over lagged pairs.

    Parameters
    ----------
    origin : ndarray, shape (D,)
        Typical features, subtracted from all others to avoid cancellation.
    """

    def __init__(self, origin: Floats) -> None:
        self._origin = origin
        self._pairs = 0
        self._first = np.zeros(len(origin))
        self._sums = np.zeros((len(origin), len(origin)))
        self._differences = np.zeros_like(self._sums)

    def add(self, x: Floats, y: Floats) -> None:
        """Add pairs x[n], y[n] of features, both of shape (N, D)."""
        difference = x - y
        total = x + y
        total -= 2 * self._origin
        self._pairs += len(x)
        self._first += total.sum(axis=0)
        self._sums += total.T @ total
        self._differences += difference.T @ difference

    def covariance(self) -> LaggedCovariance:
        """Return the covariances of all pairs; at least one must have been added."""
        mean = self._first / (2 * self._pairs)
        square = np.outer(mean, mean)
        return LaggedCovariance(
            (self._sums + self._differences) / (4 * self._pairs) - square,
            (self._sums - self._differences) / (4 * self._pairs) - square,
            mean + self._origin,
        )
