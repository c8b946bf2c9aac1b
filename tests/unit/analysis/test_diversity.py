import numpy as np
import pytest

from confdiff_widgets.analysis import (
    ca_rmsd,
    mean_pairwise_rmsd,
    mean_pairwise_tm,
    rmsd_matrix,
    rmsf,
    superpose,
)
from confdiff_widgets.analysis.diversity import frame_pairs


def test_mean_pairwise_rmsd_is_the_mean_of_the_matrix(chignolin):
    ca = chignolin.ca[:40]
    upper = rmsd_matrix(ca)[np.triu_indices(40, k=1)]
    assert mean_pairwise_rmsd(ca) == pytest.approx(upper.mean())


def test_subsampled_pairs_estimate_the_mean_and_follow_the_seed(chignolin):
    whole = mean_pairwise_rmsd(chignolin.ca)
    some = mean_pairwise_rmsd(chignolin.ca, max_pairs=4000, seed=1)
    assert some == pytest.approx(whole, rel=0.03)
    assert some == mean_pairwise_rmsd(chignolin.ca, max_pairs=4000, seed=1)
    assert some != mean_pairwise_rmsd(chignolin.ca, max_pairs=4000, seed=2)


def test_random_pairs_have_different_frames():
    i, j = frame_pairs(10, 40, np.random.default_rng(0))
    assert len(i) == 40
    assert (i != j).all()
    assert set(j.tolist()) == set(range(10))


def test_tm_score_is_one_for_copies_and_decreases_with_differences(chignolin, moved):
    copies = moved(np.repeat(chignolin.folded_ca[None], 5, axis=0))
    assert mean_pairwise_tm(copies) == pytest.approx(1, abs=1e-4)
    rmsd = ca_rmsd(chignolin.ca, chignolin.folded_ca)
    folded = chignolin.ca[np.argsort(rmsd)[:20]]
    assert 1 > mean_pairwise_tm(folded) > mean_pairwise_tm(chignolin.ca, max_pairs=190)


def tm_by_definition(x, y):
    """Return the score of the least-squares superposition (d0 = 0.5 Å), a lower bound."""
    distance = np.linalg.norm(superpose(x[None], y)[0] - y, axis=1)
    return (1 / (1 + (distance / 0.5) ** 2)).mean()


def test_tm_score_is_at_least_that_of_the_rmsd_superposition(chignolin):
    pair = chignolin.ca[[0, 1]]
    assert mean_pairwise_tm(pair) >= tm_by_definition(*pair) - 1e-4


def test_rmsf_of_known_noise(chignolin, moved):
    rng = np.random.default_rng(3)
    long = np.cumsum(
        rng.normal(size=(80, 3)) * 3, axis=0
    )  # superposition removes 6 of 240 degrees of freedom
    sigma = np.where(np.arange(80) < 40, 0.1, 0.3)[:, None]
    frames = moved(long + sigma * rng.normal(size=(600, 80, 3)))
    found = rmsf(frames)
    assert found[:40].mean() == pytest.approx(0.1 * np.sqrt(3), rel=0.1)
    assert found[40:].mean() == pytest.approx(0.3 * np.sqrt(3), rel=0.1)
    assert np.allclose(rmsf(frames, long), found, rtol=0.02)


def test_rmsf_of_copies_is_zero(chignolin, moved):
    copies = moved(np.repeat(chignolin.folded_ca[None], 6, axis=0))
    assert rmsf(copies).max() < 1e-9


def test_invalid_input_is_named_in_the_error(chignolin):
    for function in (mean_pairwise_rmsd, mean_pairwise_tm, rmsf):
        with pytest.raises(ValueError, match=r"1 frame\(s\), at least 2"):
            function(chignolin.ca[:1])
    with pytest.raises(ValueError, match="max_pairs is 0"):
        mean_pairwise_rmsd(chignolin.ca, max_pairs=0)


def test_coordinates_in_another_unit_are_refused_at_once(chignolin):
    with pytest.raises(ValueError, match=r"extends over .* Å, more than 10000 Å"):
        mean_pairwise_tm(1e6 * chignolin.ca[:4])
