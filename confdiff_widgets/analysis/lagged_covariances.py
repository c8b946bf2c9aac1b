"""Covariances of features with themselves a lag later, gathered piece by piece.

The estimator is the reversible one that TICA is defined with: every pair (x, y) of a trajectory
also counts as (y, x). Then two products say all, with s = x + y and d = x - y:

    C(0) = (Σ s sᵀ + Σ d dᵀ) / 4T - m mᵀ,    C(τ) = (Σ s sᵀ - Σ d dᵀ) / 4T - m mᵀ,    m = Σ s / 2T,

both of a matrix with itself, which takes BLAS a quarter of the work of the four products that
xxᵀ + yyᵀ and xyᵀ + yxᵀ are made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .input_checks import Floats


@dataclass(frozen=True, eq=False)
class LaggedCovariance:
    """C(0), C(τ), both shape (D, D), and the mean (D,) of D features over T lagged pairs."""

    instant: Floats
    lagged: Floats
    mean: Floats


class LaggedSums:
    """What the pairs seen so far add up to.

    Parameters
    ----------
    origin : ndarray, shape (D,)
        Features that are typical: sums are taken about them, so that no digits are lost.
    """

    def __init__(self, origin: Floats) -> None:
        self._origin = origin
        self._pairs = 0
        self._first = np.zeros(len(origin))
        self._sums = np.zeros((len(origin), len(origin)))
        self._differences = np.zeros_like(self._sums)

    def add(self, x: Floats, y: Floats) -> None:
        """Pairs x[n], y[n] of features, both shape (N, D)."""
        difference = x - y
        total = x + y
        total -= 2 * self._origin
        self._pairs += len(x)
        self._first += total.sum(axis=0)
        self._sums += total.T @ total
        self._differences += difference.T @ difference

    def covariance(self) -> LaggedCovariance:
        """Of all pairs; one at least must have been added."""
        mean = self._first / (2 * self._pairs)
        square = np.outer(mean, mean)
        return LaggedCovariance(
            (self._sums + self._differences) / (4 * self._pairs) - square,
            (self._sums - self._differences) / (4 * self._pairs) - square,
            mean + self._origin,
        )
