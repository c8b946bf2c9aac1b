"""Binomial likelihood of a logistic curve, with profile-likelihood intervals of its parameters.

The logarithm of the odds is b (z - m) at the normalised position z = (x - mean) / range of the
data: b is the slope and m the midpoint. Every estimate and every bound is the root of one function
(Venzon and Moolgavkar 1988, doi 10.2307/2347496).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, log_expit, xlogy

from .input_checks import Floats


class LogisticCurve:
    """Likelihood of fractions at several positions.

    Parameters
    ----------
    x : ndarray, shape (K,)
        Positions, at least two different ones.
    fraction : ndarray, shape (K,)
    count : ndarray, shape (K,)
        Number of independent observations behind each fraction.
    steepest : float
        Largest absolute slope with respect to x. Estimates of perfectly separated data reach it.
    """

    def __init__(self, x: Floats, fraction: Floats, count: Floats, steepest: float):
        self._fraction, self._count = fraction, count
        self.centre, self.scale = float(x.mean()), float(np.ptp(x))
        self._z = (x - self.centre) / self.scale
        self.steepest = steepest * self.scale
        self.slope = self._root(self._slope_score, self.steepest)
        self.likelihood = self.profile_of_slope(self.slope)

    def profile_of_slope(self, slope: float) -> float:
        """Return the log-likelihood at a slope, maximised over the midpoint."""
        return self._likelihood(self._intercept(slope) + slope * self._z)

    def profile_of_midpoint(self, midpoint: float) -> float:
        """Return the log-likelihood at a midpoint, maximised over the slope."""
        distance = self._z - midpoint

        def score(slope: float) -> float:
            residual = self._fraction - expit(slope * distance)
            return float((self._count * residual * distance).sum())

        return self._likelihood(self._root(score, self.steepest) * distance)

    @property
    def midpoint(self) -> float:
        """Position of a fraction of 0.5, normalised; for a slope other than 0."""
        return -self._intercept(self.slope) / self.slope

    @property
    def deviance(self) -> float:
        """Twice the log-likelihood ratio to a curve through all fractions."""
        f, n = self._fraction, self._count
        saturated = float((n * (xlogy(f, f) + xlogy(1 - f, 1 - f))).sum())
        return max(0.0, 2 * (saturated - self.likelihood))

    def slope_bounds(self, threshold: float) -> tuple[float | None, float | None]:
        """Return where twice the loss of log-likelihood reaches a threshold; None if nowhere."""

        def excess(slope: float) -> float:
            return 2 * (self.likelihood - self.profile_of_slope(slope)) - threshold

        return (
            _crossing(excess, self.slope, -self.steepest),
            _crossing(excess, self.slope, self.steepest),
        )

    def midpoint_bounds(
        self, threshold: float, low: float, high: float
    ) -> tuple[float | None, float | None]:
        """Return the same of the midpoint, between two normalised positions."""

        def excess(midpoint: float) -> float:
            return 2 * (self.likelihood - self.profile_of_midpoint(midpoint)) - threshold

        middle = self.midpoint
        return _crossing(excess, middle, low), _crossing(excess, middle, high)

    def _likelihood(self, logit: Floats) -> float:
        f, n = self._fraction, self._count
        return float((n * (f * log_expit(logit) + (1 - f) * log_expit(-logit))).sum())

    def _intercept(self, slope: float) -> float:
        def score(intercept: float) -> float:
            residual = self._fraction - expit(intercept + slope * self._z)
            return float((self._count * residual).sum())

        return self._root(score, 40 + abs(slope))

    def _slope_score(self, slope: float) -> float:
        residual = self._fraction - expit(self._intercept(slope) + slope * self._z)
        return float((self._count * residual * self._z).sum())

    @staticmethod
    def _root(score: Callable[[float], float], limit: float) -> float:
        """Return the zero of a decreasing score between -limit and limit, or the nearer limit."""
        if score(limit) >= 0:
            return limit
        if score(-limit) <= 0:
            return -limit
        return float(brentq(score, -limit, limit))


def _crossing(excess: Callable[[float], float], start: float, end: float) -> float | None:
    """Return where a function rises above 0 between a start and an end; None if it does not.

    The step grows from the start, because a profile can level off far from its maximum.
    """
    inside, step = start, np.sign(end - start) * 1e-3
    while True:
        outside = start + step
        if (end - outside) * step <= 0:
            outside = end
        if excess(outside) > 0:
            return float(brentq(excess, inside, outside))
        if outside == end:
            return None
        inside, step = outside, 1.5 * step
