"""Intervals of means and fractions cover the truth."""

import numpy as np
import pytest
from scipy.stats import t

from confdiff_widgets.analysis.intervals import mean_interval, student_quantile, wilson_interval


@pytest.mark.parametrize("p", [0.0, 0.02, 0.3, 1.0])
def test_wilson_intervals_cover_the_fraction(p):
    rng = np.random.default_rng(1)
    found = [wilson_interval(k / 64, 64) for k in rng.binomial(64, p, 400)]
    assert np.mean([one.low <= p <= one.high for one in found]) >= 0.9
    assert all(0 <= one.low <= one.value <= one.high <= 1 for one in found)
    assert wilson_interval(0, 64).high == pytest.approx(3.84 / 67.84, rel=1e-3)


def test_means_have_students_interval():
    rng = np.random.default_rng(2)
    found = [mean_interval(rng.normal(5.0, 2.0, 8)) for _ in range(400)]
    assert 0.90 <= np.mean([one.low <= 5 <= one.high for one in found]) <= 0.99


@pytest.mark.parametrize("freedom", [1, 3, 19])
def test_quantiles_are_those_of_students_t(freedom):
    assert student_quantile(freedom) == pytest.approx(t.ppf(0.975, freedom))
