"""Lagged covariances: equal to the sums of products, in any division into blocks."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.analysis.lagged_covariances import LaggedSums


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_reversible_covariances_in_blocks(offset):
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(400, 3)), axis=0) + offset
    x, y = walk[:-5], walk[5:]
    sums = LaggedSums(walk.mean(axis=0))
    for start in range(0, len(x), 100):
        sums.add(x[start : start + 100], y[start : start + 100])
    found = sums.covariance()
    both = np.concatenate([x, y]) - walk.mean(axis=0)
    other = np.concatenate([y, x]) - walk.mean(axis=0)
    centred, lagged = both - both.mean(axis=0), other - other.mean(axis=0)
    np.testing.assert_allclose(found.instant, centred.T @ centred / len(both), rtol=1e-8)
    np.testing.assert_allclose(found.lagged, centred.T @ lagged / len(both), rtol=1e-8)
    np.testing.assert_allclose(found.mean, np.concatenate([x, y]).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.lagged, found.lagged.T, rtol=1e-10)
