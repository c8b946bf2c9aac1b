"""Draws for baselines, groups of trajectories, and the jackknife."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.analysis.baselines import (
    JACKKNIFE_GROUPS,
    Draws,
    corrected_sd,
    jackknife,
    jackknife_parts,
    trajectory_groups,
)


def test_groups_of_trajectories_are_interleaved():
    trajectory = np.repeat(np.arange(8), 3)
    groups = trajectory_groups(trajectory)
    assert np.unique(trajectory[groups]).tolist() == [0, 1, 4, 5]
    assert trajectory_groups(np.zeros(4)).tolist() == [True, True, False, False]
    assert trajectory_groups(np.zeros(1)) is None
    assert trajectory_groups([5, 5, 9, 9]).tolist() == [True, True, False, False]


@pytest.mark.parametrize(("trajectories", "parts"), [(3, 18), (20, 20), (100, 20)])
def test_jackknife_parts_are_even_and_keep_trajectories_apart(trajectories, parts):
    trajectory = np.repeat(np.arange(trajectories), 60)
    part = jackknife_parts(trajectory, np.random.default_rng(0))
    assert len(np.unique(part)) == parts
    assert np.bincount(part).max() <= 2 * np.bincount(part).min()
    if trajectories < JACKKNIFE_GROUPS:
        for k in range(parts):
            assert len(np.unique(trajectory[part == k])) == 1
    else:
        for k in range(trajectories):
            assert len(np.unique(part[trajectory == k])) == 1


def test_the_jackknife_of_a_mean_is_its_squared_standard_error():
    x = np.random.default_rng(0).normal(size=50)
    without = np.array([np.delete(x, k).mean() for k in range(50)])
    assert jackknife(without) == pytest.approx(x.var(ddof=1) / 50)


def test_the_variance_is_corrected_by_at_most_half():
    assert corrected_sd(4.0, 1.0) == pytest.approx(3**0.5)
    assert corrected_sd(4.0, 3.9) == pytest.approx(2**0.5)


def test_draws_have_the_sizes_that_they_state():
    reference = np.random.default_rng(0).normal(size=(120, 4, 3))
    rngs = np.random.default_rng(1), np.random.default_rng(2)
    draws = Draws.make(reference, 30, np.repeat(np.arange(4), 30), 5, 6, rngs)
    assert len(draws.reference) == 1 + 5 * 5 + draws.parts + 2
    assert len(draws.sample) == 1 + 6 + JACKKNIFE_GROUPS
    assert all(len(draw) == 30 for draw in draws.reference[1:6])
    for first, second in zip(draws.reference[6:11], draws.reference[11:16], strict=True):
        assert not set(first) & set(second) and len(first) + len(second) == 120
    left_out = [set(range(30)) - set(draw.tolist()) for draw in draws.sample[7:]]
    assert sorted(i for part in left_out for i in part) == list(range(30))


def test_copies_of_a_frame_are_in_one_group():
    reference = np.repeat(np.random.default_rng(0).normal(size=(40, 4, 3)), 3, axis=0)
    rngs = np.random.default_rng(1), np.random.default_rng(2)
    draws = Draws.make(reference, 20, None, 4, 3, rngs)
    for group in draws.reference[5:9]:
        assert set(np.bincount(group // 3, minlength=40).tolist()) == {0, 3}
