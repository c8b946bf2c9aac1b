"""The likelihood of a logistic curve: exact data, a second fit, and profile bounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, xlogy

from confdiff_widgets.analysis.logistic_curve import LogisticCurve

X = np.linspace(300, 400, 6)
COUNT = np.full(6, 40.0)


def curve(fraction, steepest=1.0):
    return LogisticCurve(X, np.asarray(fraction, dtype=float), COUNT, steepest)


def test_fractions_of_a_logistic_curve_are_fitted_exactly():
    found = curve(expit(-0.08 * (X - 347)))
    assert found.slope / found.scale == pytest.approx(-0.08, rel=1e-6)
    assert found.midpoint * found.scale + found.centre == pytest.approx(347, abs=1e-4)
    assert found.deviance == pytest.approx(0, abs=1e-8)


def test_the_estimate_maximises_the_binomial_likelihood():
    fraction = np.array([0.9, 0.85, 0.7, 0.4, 0.3, 0.05])
    found = curve(fraction)
    z = (X - found.centre) / found.scale

    def loss(parameters):
        p = expit(parameters[0] + parameters[1] * z)
        return -(COUNT * (xlogy(fraction, p) + xlogy(1 - fraction, 1 - p))).sum()

    best = minimize(loss, [0.0, -1.0], tol=1e-10)
    assert found.slope == pytest.approx(best.x[1], rel=1e-4)
    assert found.likelihood == pytest.approx(-best.fun, rel=1e-8)


def test_the_profile_reaches_the_threshold_at_the_bounds():
    found = curve([0.9, 0.85, 0.7, 0.4, 0.3, 0.05])
    low, high = found.slope_bounds(3.84)
    assert low < found.slope < high
    for bound in (low, high):
        loss = 2 * (found.likelihood - found.profile_of_slope(bound))
        assert loss == pytest.approx(3.84, abs=1e-6)
    left, right = found.midpoint_bounds(3.84, -5.0, 5.0)
    assert left < found.midpoint < right
    assert 2 * (found.likelihood - found.profile_of_midpoint(left)) == pytest.approx(3.84, abs=1e-6)


def test_perfectly_separated_fractions_have_the_steepest_slope_and_no_bound_there():
    found = curve([1, 1, 1, 0, 0, 0], steepest=2.0)
    assert found.slope == -2.0 * found.scale
    low, high = found.slope_bounds(3.84)
    assert low is None and high > found.slope
