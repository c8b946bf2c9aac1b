import mdtraj
import numpy as np
import pytest
from scipy.spatial.distance import pdist

from confdiff_widgets.analysis import (
    ca_distances,
    contact_rates,
    contact_rmse,
    features,
    pair_indices,
    radius_of_gyration,
)
from confdiff_widgets.analysis.input_checks import AnalysisSizeError


def line(n_residues, spacing):
    return np.arange(n_residues)[:, None] * np.array([[spacing, 0.0, 0.0]])


def test_distances_agree_with_scipy(chignolin):
    assert np.allclose(ca_distances(chignolin.ca)[5], pdist(chignolin.ca[5]), atol=1e-12)


@pytest.mark.parametrize("separation", [1, 3, 9])
def test_pairs_respect_the_separation_in_sequence(separation):
    i, j = pair_indices(10, separation)
    wanted = {(a, b) for a in range(10) for b in range(10) if b - a >= separation}
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == wanted


def test_rg_agrees_with_mdtraj(chignolin, to_mdtraj):
    expected = mdtraj.compute_rg(to_mdtraj(chignolin.ca)) * 10
    assert np.allclose(radius_of_gyration(chignolin.ca), expected, atol=1e-5)


def test_rg_of_a_straight_line():
    # variance of n equal steps d: d² (n² - 1) / 12
    assert radius_of_gyration(line(7, 3.8)[None])[0] == pytest.approx(3.8 * np.sqrt(48 / 12))


def test_rg_is_the_root_mean_square_of_its_residues(chignolin):
    each = radius_of_gyration(chignolin.ca, per_residue=True)
    assert each.shape == (200, 10)
    total = radius_of_gyration(chignolin.ca)
    assert np.allclose(np.sqrt((each**2).mean(axis=1)), total)


def test_features_are_invariant_under_rigid_motion(chignolin, moved):
    turned = moved(chignolin.ca)
    assert np.allclose(ca_distances(turned), ca_distances(chignolin.ca))
    assert np.allclose(radius_of_gyration(turned), radius_of_gyration(chignolin.ca))


def test_contact_rates_of_known_chains():
    near, far = line(5, 3.0), line(5, 4.0)  # pairs 3 apart: 9 and 12 Å; 4 apart: 12 and 16 Å
    rates = contact_rates(np.stack([near, near, near, far]))
    assert rates.tolist() == [0.75, 0.0, 0.75]


def test_blocks_of_distances_are_bounded_and_complete():
    ca = np.random.default_rng(0).normal(size=(2500, 16, 3)).cumsum(axis=1) * 3
    expected, i, j = ca_distances(ca, 3), *pair_indices(16, 3)
    found = np.full_like(expected, np.nan)
    for pairs, frames, distances in features.distance_blocks(ca, i, j):
        assert distances.size <= features.PAIRS_PER_BLOCK * features.FRAMES_PER_BLOCK
        assert np.isnan(found[frames, pairs]).all()
        found[frames, pairs] = distances
    assert np.array_equal(found, expected)
    assert np.array_equal(contact_rates(ca), (expected < 10).mean(axis=0))


def test_contact_rmse_mean_and_sum():
    near, far = line(5, 3.0)[None], line(5, 4.0)[None]
    assert contact_rmse(near, far) == pytest.approx(np.sqrt(2 / 3))
    assert contact_rmse(near, far, reduction="sum") == pytest.approx(np.sqrt(2))
    assert contact_rmse(near, near) == 0


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda x: x[0], r"shape \(10, 3\).*pass ca\[None\]"),
        (lambda x: x[..., :2], r"shape \(200, 10, 2\)"),
        (lambda x: x[:0], "0 frame"),
        (lambda x: np.where(np.arange(200)[:, None, None] == 3, np.nan, x), "first: frame 3"),
        (lambda x: x[:, :1], "no pair"),
    ],
)
def test_invalid_coordinates_are_named_in_the_error(chignolin, broken, message):
    with pytest.raises(ValueError, match=message):
        ca_distances(broken(chignolin.ca))


def test_contact_rmse_rejects_incomparable_ensembles(chignolin):
    with pytest.raises(ValueError, match="sample has 9 residues and reference has 10"):
        contact_rmse(chignolin.ca[:, 1:], chignolin.ca)
    with pytest.raises(ValueError, match="reduction is 'max'"):
        contact_rmse(chignolin.ca, chignolin.ca, reduction="max")


def test_pairs_beyond_the_memory_are_refused_before_they_are_made():
    with pytest.raises(AnalysisSizeError, match=r"pairs of 1000000 residues need about .* GiB"):
        pair_indices(1_000_000)
