"""Histograms: bins equal those of NumPy, and draws count frames as often as they contain them."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.analysis.histograms import (
    Grid,
    counts,
    draw_counts,
    histograms_of,
    joint_bins,
)


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(500, 4))


def test_bins_are_those_of_numpy_also_at_edges(values):
    grid = Grid.over(values, 10)
    on_edges = np.concatenate([values, grid.edges.T])
    found = counts(grid.bins(on_edges), 10)
    for column in range(4):
        expected, edges = np.histogram(on_edges[:, column], bins=grid.edges[column])
        np.testing.assert_array_equal(found[column], expected)
        np.testing.assert_array_equal(edges, grid.edges[column])


def test_values_beyond_the_range_are_dropped_or_clipped():
    far = np.array([[-10.0], [0.5], [10.0]])
    low, high = np.zeros(1), np.ones(1)
    assert Grid.between(low, high, 2, "drop").bins(far).ravel().tolist() == [-1, 1, -1]
    assert Grid.between(low, high, 2, "clip").bins(far).ravel().tolist() == [0, 1, 1]
    assert Grid.between(low, high, 2).is_outside(far).ravel().tolist() == [True, False, True]


def test_a_single_value_has_a_range_of_one():
    grid = Grid.over(np.full((3, 1), 2.0), 4)
    assert grid.edges[0, 0] == 1.5 and grid.edges[0, -1] == 2.5


def test_draws_count_each_frame_as_often_as_they_contain_it(values):
    rng = np.random.default_rng(1)
    draws = [rng.integers(500, size=300) for _ in range(3)]
    weights = np.stack([np.bincount(draw, minlength=500) for draw in draws], axis=1).astype(float)
    bins = Grid.over(values, 8).bins(values)
    found = draw_counts(bins, 8, weights)
    for k, draw in enumerate(draws):
        np.testing.assert_array_equal(found[k], counts(bins[draw], 8))


def test_joint_bins_count_the_plane(values):
    grid = Grid.over(values[:, :2], 5)
    found = counts(joint_bins(grid.bins(values[:, :2]), 5), 25).reshape(5, 5)
    expected, *_ = np.histogram2d(*values[:, :2].T, bins=[grid.edges[0], grid.edges[1]])
    np.testing.assert_array_equal(found, expected)


def test_histograms_of_a_feature_cover_the_range_of_the_reference():
    rng = np.random.default_rng(2)
    sample, reference = rng.normal(size=(30, 5, 3)), rng.normal(size=(200, 5, 3))
    a, b = histograms_of(lambda ca: ca[:, 0], sample, reference, 6, "clip")
    assert a.sum(axis=1).tolist() == [30] * 3 and b.sum(axis=1).tolist() == [200] * 3


def test_unusable_settings_are_refused():
    with pytest.raises(ValueError, match="outside is 'keep'"):
        Grid.between(np.zeros(1), np.ones(1), 4, "keep")
    with pytest.raises(ValueError, match="n_bins is 1"):
        Grid.between(np.zeros(1), np.ones(1), 1)
