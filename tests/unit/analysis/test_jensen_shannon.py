import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from confdiff_widgets.analysis import (
    ca_distances,
    js_distance,
    js_marginals,
    js_pwd,
    js_rg,
    js_tic,
    js_tic2d,
    outside_fraction,
    radius_of_gyration,
)
from confdiff_widgets.analysis.histograms import Grid, counts


def published(sample, reference):
    """Compute the published definition for one feature with NumPy and SciPy."""
    span = (reference.min(), reference.max())
    p, q = (np.histogram(x, bins=50, range=span)[0] + 1e-6 for x in (sample, reference))
    return jensenshannon(p, q)


def test_distance_agrees_with_scipy():
    rng = np.random.default_rng(0)
    p, q = rng.integers(0, 5, size=(2, 30, 50))
    expected = [jensenshannon(a + 1e-6, b + 1e-6) for a, b in zip(p, q, strict=True)]
    assert np.allclose(js_distance(p, q), expected, atol=1e-12)


def test_distance_of_disjoint_and_of_equal_histograms():
    assert js_distance([1, 0], [0, 1], pseudo_count=0) == pytest.approx(np.sqrt(np.log(2)))
    assert js_distance([3, 1], [6, 2], pseudo_count=0) == 0


@pytest.mark.parametrize("seed", range(3))
def test_bins_equal_those_of_numpy(seed):
    rng = np.random.default_rng(seed)
    reference = np.round(rng.normal(size=(400, 6)), 2)  # rounded: many values on an edge
    sample = np.round(1.5 * rng.normal(size=(300, 6)), 2)
    grid = Grid.over(reference, 50)
    sample[:51, 0] = grid.edges[0]
    found = counts(grid.bins(sample), 50)
    for k in range(6):
        span = (reference[:, k].min(), reference[:, k].max())
        assert np.array_equal(found[k], np.histogram(sample[:, k], bins=50, range=span)[0])


@pytest.mark.parametrize("origin", [0.0, -1e9, 1e9])
def test_bins_of_a_narrow_range_equal_those_of_numpy(origin):
    values = origin + np.random.default_rng(4).normal(size=(5000, 1))
    span = (values.min(), values.max())
    found = counts(Grid.over(values, 50).bins(values), 50)[0]
    assert np.array_equal(found, np.histogram(values[:, 0], bins=50, range=span)[0])


def test_a_constant_feature_has_distance_zero():
    # up to the pseudo-count, whose weight depends on the number of frames
    assert js_marginals(np.ones((5, 1)), np.ones((9, 1)))[0] < 1e-3
    assert js_marginals(np.ones((5, 1)), np.ones((5, 1)))[0] == 0


def test_pwd_and_rg_follow_the_published_definitions(chignolin):
    sample, reference = chignolin.ca[:60], chignolin.ca[60:]
    a, b = ca_distances(sample, 3), ca_distances(reference, 3)
    expected = np.mean([published(a[:, k], b[:, k]) for k in range(a.shape[1])])
    assert js_pwd(sample, reference) == pytest.approx(expected, abs=1e-12)
    a, b = radius_of_gyration(sample), radius_of_gyration(reference)
    assert js_rg(sample, reference) == pytest.approx(published(a, b), abs=1e-12)
    a, b = (radius_of_gyration(x, per_residue=True) for x in (sample, reference))
    expected = np.mean([published(a[:, k], b[:, k]) for k in range(10)])
    assert js_rg(sample, reference, per_residue=True) == pytest.approx(expected, abs=1e-12)


def test_tic_metrics_follow_the_published_definitions():
    rng = np.random.default_rng(4)
    sample, reference = 1.3 * rng.normal(size=(300, 3)), rng.normal(size=(2000, 3))
    expected = np.mean([published(sample[:, k], reference[:, k]) for k in (0, 1)])
    assert js_tic(sample, reference) == pytest.approx(expected, abs=1e-12)
    span = [(reference[:, k].min(), reference[:, k].max()) for k in (0, 1)]
    p, q = (
        np.histogram2d(x[:, 0], x[:, 1], bins=50, range=span)[0].ravel() + 1e-6
        for x in (sample, reference)
    )
    assert js_tic2d(sample, reference) == pytest.approx(jensenshannon(p, q), abs=1e-12)


def test_clipping_counts_values_that_dropping_ignores():
    rng = np.random.default_rng(5)
    reference = rng.uniform(size=(5000, 1))
    sample = np.concatenate([rng.uniform(size=(500, 1)), np.full((4500, 1), 9.0)])
    assert outside_fraction(sample, reference)[0] == 0.9
    inside_only = js_marginals(sample[:500], reference)[0]
    assert js_marginals(sample, reference)[0] == inside_only
    assert js_marginals(sample, reference, outside="clip")[0] > 0.6 > 5 * inside_only


def test_values_are_invariant_under_rigid_motion(chignolin, moved):
    a, b = chignolin.ca[:60], chignolin.ca[60:]
    grid_noise = 0.02  # a distance on a bin edge may change its bin
    assert js_pwd(moved(a), b) == pytest.approx(js_pwd(a, b), abs=grid_noise)


def test_invalid_input_is_named_in_the_error(chignolin):
    ca = chignolin.ca
    with pytest.raises(ValueError, match="sample has 9 residues and reference has 10"):
        js_pwd(ca[:, :9], ca)
    with pytest.raises(ValueError, match="reference has 1 frame"):
        js_rg(ca, ca[:1])
    with pytest.raises(ValueError, match="two TICs needed"):
        js_tic(np.ones((5, 1)), np.ones((5, 1)))
    with pytest.raises(ValueError, match="outside is 'ignore'"):
        js_pwd(ca, ca, outside="ignore")
    with pytest.raises(ValueError, match="Use one grid"):
        js_distance([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="sample has 2 features and reference 3"):
        js_marginals(np.ones((4, 2)), np.ones((4, 3)))
