import json
from math import comb

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.analysis import state_recovery
from confdiff_widgets.analysis.state_recovery import Recovery, default_sizes


@pytest.fixture(scope="module")
def states(chignolin):
    return chignolin.ca[[0, 60, 120, 180, 199]]


def test_best_rmsd_agrees_with_mdtraj(chignolin, states, to_mdtraj):
    found = state_recovery(chignolin.ca[:100] * 1.01, states)
    for s, state in enumerate(states):
        sample = to_mdtraj(chignolin.ca[:100] * 1.01)
        expected = 10 * mdtraj.rmsd(sample, to_mdtraj(state[None]))
        np.testing.assert_allclose(found.rmsd[:, s], expected, atol=1e-3)
        assert found.best[-1, s] == pytest.approx(expected.min(), abs=1e-3)
    assert found.rmsd_ens == pytest.approx(found.best[-1].mean())
    assert found.best_sd[-1].max() == pytest.approx(0, abs=1e-12)


def test_curve_is_the_expected_minimum_of_a_subset(chignolin, states):
    """The r-th smallest of N is the minimum of C(N-r, n-1) of the C(N, n) subsets of n."""
    found = state_recovery(chignolin.ca, states, sizes=[5, 20, 80], n_subsets=2000)
    assert found.sizes.tolist() == [5, 20, 80, 200]
    for t, n in enumerate(found.sizes):
        ways = np.array([comb(200 - r, int(n) - 1) for r in range(1, 201)], dtype=float)
        chance = ways / comb(200, int(n))
        ordered = np.sort(found.rmsd, axis=0)
        mean = chance @ ordered
        sd = np.sqrt(chance @ np.square(ordered - mean))
        np.testing.assert_allclose(found.best[t], mean, atol=4 * sd.max() / np.sqrt(2000) + 1e-9)
        np.testing.assert_allclose(found.best_sd[t], sd, rtol=0.15, atol=0.02)


def test_hardest_coverage_and_occupancy(chignolin):
    sample = chignolin.ca[:50]
    far = chignolin.ca[0] * 1.8
    found = state_recovery(sample, np.stack([sample[3], far]), names=("near", "far"), cutoff=1.0)
    assert found.names[found.hardest] == "far"
    assert found.covered.tolist() == [True, False] and found.coverage == 0.5
    assert 1 / 50 <= found.occupancy[0] < 1 and found.occupancy[1] == 0
    again = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert again["hardest"] == "far" and len(again["best"]) == len(again["sizes"])


def test_best_rmsd_decreases_with_the_number_of_samples(chignolin, states):
    found = state_recovery(chignolin.ca, states, n_subsets=20)
    assert (np.diff(found.best, axis=0) <= 1e-12).all()
    assert (np.diff(found.ensemble) <= 1e-12).all()


def test_values_are_invariant_under_rigid_motion(chignolin, states, moved):
    a, b = (state_recovery(x, states) for x in (chignolin.ca, moved(chignolin.ca)))
    np.testing.assert_allclose(a.rmsd, b.rmsd, atol=1e-6)


def test_a_single_sample_is_sufficient(chignolin, states):
    found = state_recovery(chignolin.folded_ca[None], states)
    assert found.sizes.tolist() == [1] and found.best.shape == (1, 5)


def test_default_sizes_end_with_all_samples():
    assert default_sizes(1) == [1]
    assert default_sizes(37) == [1, 2, 5, 10, 20, 37]
    assert default_sizes(1000)[-3:] == [200, 500, 1000]


def test_invalid_input_is_named_in_the_error(chignolin, states):
    for change, message in (
        ({"states": states[:, 1:]}, "states has 9"),
        ({"states": states[0]}, "pass states"),
        ({"sizes": [500]}, "sizes are 200 to 500, there are 200 samples"),
        ({"names": ("a",)}, "1 names for 5 states"),
        ({"cutoff": 0.0}, "cutoff is 0.0"),
        ({"sample": chignolin.ca / 10}, "multiply them by 10"),
        ({"sample": chignolin.ca * np.nan}, "NaN"),
    ):
        given = {"sample": chignolin.ca, "states": states, **change}
        with pytest.raises(ValueError, match=message):
            state_recovery(given.pop("sample"), given.pop("states"), **given)


@pytest.mark.parametrize(("count", "dimensions"), [(100, 6), (800, 3)])
def test_intervals_cover_the_mean_of_repeated_samples(count, dimensions):
    """A bootstrap of the minimum covers 0.74 where 0.95 is meant."""
    rng = np.random.default_rng(1)
    centres = np.array([[0.5], [1.2], [0.0]]) * np.ones(dimensions)

    def draw():
        away = rng.normal(size=(count, 1, dimensions)) - centres
        rmsd = np.sqrt(np.square(away).sum(-1) + 0.3)
        best = rmsd.min(axis=0)[None]
        mean = best.mean(axis=1)
        return Recovery(
            ("a", "b", "c"), np.array([count]), best, 0 * best, mean, 0 * mean, rmsd, 2.0
        )

    found = [draw() for _ in range(100)]
    expected = np.mean([one.rmsd_ens for one in found])
    bounds = np.array([one.intervals()["rmsd_ens"] for one in found])
    covered = (bounds[:, 0] <= expected) & (expected <= bounds[:, 1])
    assert 0.9 <= covered.mean() <= 1
    widths = np.diff(bounds).mean() / (2 * 1.96)
    assert widths < 2 * np.std([one.rmsd_ens for one in found])


def test_few_samples_have_no_interval(chignolin):
    found = state_recovery(chignolin.ca[:7], chignolin.ca[50:52]).intervals()
    assert found["rmsd_ens"].tolist() == [0, np.inf]
    assert found["coverage"].tolist() == [0, 1]
