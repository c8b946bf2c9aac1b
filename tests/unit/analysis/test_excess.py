"""The sampling baseline is unbiased for independent samplers, and shifts are recovered."""

import numpy as np
import pytest

from confdiff_widgets.analysis.excess import js_excess

FEATURES = 6


def halves(count):
    return np.arange(count) % 2 == 0


def independent(seed, n_sample, n_reference, shift=0.0):
    rng = np.random.default_rng(seed)
    sample = rng.normal(shift, 1, (n_sample, FEATURES))
    return js_excess(
        sample, rng.normal(0, 1, (n_reference, FEATURES)), halves(n_reference), seed=seed
    )


@pytest.mark.parametrize(
    ("n_sample", "n_reference"), [(568, 1136), (1000, 1000), (300, 5000), (2000, 400)]
)
def test_an_independent_perfect_sampler_has_no_excess(n_sample, n_reference):
    found = [independent(seed, n_sample, n_reference) for seed in range(30)]
    excess = np.array([one.value for one in found])
    baseline = np.mean([one.baseline for one in found])
    assert baseline > 0.004
    error = excess.std() / np.sqrt(len(excess))
    assert abs(excess.mean()) < max(3 * error, 0.08 * baseline)


def test_the_excess_does_not_depend_on_the_sample_size():
    small, large = (
        np.mean([independent(seed, count, 4000, shift=0.4).value for seed in range(12)])
        for count in (300, 3000)
    )
    assert small == pytest.approx(large, rel=0.15)
    assert independent(0, 1000, 4000, shift=0.4).root == pytest.approx(np.sqrt(large), rel=0.15)


def correlated(rng, replicas, frames, spread):
    """Frames of replicas whose means differ by an error of sd ``spread``."""
    offset = rng.normal(0, spread, (replicas, 1, FEATURES))
    frames = rng.normal(0, 1, (replicas, frames, FEATURES)) + offset
    return frames.reshape(-1, FEATURES)


def test_the_error_of_the_reference_is_part_of_the_baseline():
    """A model of one group that is compared with the other has no excess."""
    rng = np.random.default_rng(3)
    groups = np.arange(4000) < 2000
    split, whole = [], []
    for seed in range(30):
        reference = correlated(rng, 4, 1000, 0.4)
        sample = reference[groups][rng.integers(2000, size=1000)]
        split.append(js_excess(sample, reference, groups, split=True, seed=seed))
        sample = reference[rng.integers(4000, size=1000)]
        whole.append(js_excess(sample, reference, groups, seed=seed))
    excess = np.array([one.value for one in split])
    assert np.mean([one.divergence for one in split]) > 0.02
    assert abs(excess.mean()) < 0.1 * np.mean([one.divergence for one in split])
    for one, other in zip(whole, split, strict=True):
        assert one.reference_error == pytest.approx(other.reference_error / 4, rel=0.1)


def test_weights_replace_the_frames_of_another_distribution():
    weighted, plain = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        wide = rng.normal(0, 1.5, (8000, FEATURES))
        density = np.exp(-0.5 * np.square(wide).sum(1) * (1 - 1 / 1.5**2))
        sample = rng.normal(0, 1, (1000, FEATURES))
        weighted.append(js_excess(sample, wide, halves(8000), weights=density))
        plain.append(js_excess(sample, wide, halves(8000)))
    assert np.mean([one.value for one in plain]) > 0.02
    baseline = np.mean([one.baseline for one in weighted])
    assert abs(np.mean([one.value for one in weighted])) < 0.15 * baseline


def test_a_single_group_is_refused():
    table = np.zeros((4, 1))
    with pytest.raises(ValueError, match="All frames are in one group"):
        js_excess(table, table, np.ones(4, dtype=bool))
