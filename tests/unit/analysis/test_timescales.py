"""Implied time scales: those of a Markovian process do not depend on the lag."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.analysis import implied_timescales

TAU = 20.0  # frames


@pytest.fixture(scope="module")
def trajectories():
    """Four residues, of which the last moves slowly (Ornstein-Uhlenbeck) around the others."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(4):
        slow = np.zeros(4000)
        decay = np.exp(-1 / TAU)
        noise = rng.normal(size=4000) * np.sqrt(1 - decay**2)
        for i in range(1, 4000):
            slow[i] = decay * slow[i - 1] + noise[i]
        ca = np.zeros((4000, 6, 3))
        ca[..., 0] = 3.8 * np.arange(6)
        ca += 0.05 * rng.normal(size=ca.shape)
        ca[:, -1, 0] += slow
        found.append(ca)
    return found


def test_the_slow_time_scale_is_found_at_each_lag(trajectories):
    found = implied_timescales(
        trajectories, lags_ps=[20.0, 40.0], frame_ps=2.0, n_tics=1, n_bootstrap=4
    )
    assert found.lags_ps.tolist() == [20.0, 40.0]
    np.testing.assert_allclose(found.values_ps[:, 0], 2.0 * TAU, rtol=0.25)
    assert (found.errors_ps > 0).all() and (found.errors_ps < 15).all()


def test_one_trajectory_has_no_error(trajectories):
    found = implied_timescales(trajectories[:1], lags_ps=[20.0], frame_ps=2.0, n_tics=1)
    assert np.isnan(found.errors_ps).all()
