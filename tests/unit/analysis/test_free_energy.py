import numpy as np
import pytest

from confdiff_widgets.analysis import free_energy
from confdiff_widgets.units import GAS_CONSTANT_KCAL


def test_two_states_differ_by_kt_times_the_log_of_their_ratio():
    plane = np.repeat([[0.0, 0.0], [1.0, 1.0]], [800, 100], axis=0)
    found = free_energy(plane, temperature_k=350.0, bins=2)
    assert found.values[0, 0] == 0
    assert found.values[1, 1] == pytest.approx(0.0019872043 * 350 * np.log(8))
    assert np.isnan(found.values[0, 1])
    assert found.n_frames == 900


def test_a_gaussian_gives_a_parabola():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(400_000, 2)) * [1.0, 2.0]
    edges = (np.linspace(-2, 2, 21), np.linspace(-4, 4, 21))
    found = free_energy(plane, temperature_k=300.0, bins=edges)
    x, y = ((e[1:] + e[:-1]) / 2 for e in edges)
    expected = 0.5 * GAS_CONSTANT_KCAL * 300 * (x[:, None] ** 2 + y**2 / 4)
    expected -= expected.min()
    # bins below 1 kcal/mol contain at least 450 frames: kT / sqrt(450) = 0.03 kcal/mol
    assert np.abs(found.values - expected)[expected < 1].max() < 0.12
    assert found.values.shape == (20, 20)


def test_first_axis_is_x():
    plane = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]])
    found = free_energy(plane, temperature_k=300.0, bins=(np.arange(5), np.arange(3)))
    assert found.values.shape == (4, 2)
    assert np.isfinite(found.values).sum() == 3
    assert np.isfinite(found.values[3, 1])


def test_invalid_input_is_named_in_the_error():
    plane = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match="must be positive"):
        free_energy(plane, temperature_k=0)
    with pytest.raises(ValueError, match="two coordinates"):
        free_energy(plane[:, :1], temperature_k=300)
    with pytest.raises(ValueError, match="none of the 20 frames"):
        free_energy(plane, temperature_k=300, bins=([50, 51], [50, 51]))
    with pytest.raises(ValueError, match="NaN"):
        free_energy(plane * np.nan, temperature_k=300)


def test_errors_equal_the_spread_over_repeated_ensembles():
    rng = np.random.default_rng(5)
    edges = (np.linspace(0, 4, 5), np.array([-1.0, 1.0]))
    p = np.array([0.5, 0.3, 0.15, 0.05])
    kt = GAS_CONSTANT_KCAL * 300.0

    def draw():
        x = rng.choice(4, size=400, p=p) + 0.5
        return free_energy(np.column_stack([x, np.zeros(400)]), temperature_k=300.0, bins=edges)

    repeats = [draw() for _ in range(400)]
    shares = np.array([np.exp(-f.values[:, 0] / kt) for f in repeats])
    absolute = -kt * np.log(shares / shares.sum(axis=1, keepdims=True))
    stated = np.mean([f.errors[:, 0] for f in repeats], axis=0)
    np.testing.assert_allclose(stated, absolute.std(axis=0), rtol=0.15)


def test_errors_of_correlated_frames_need_their_trajectories():
    rng = np.random.default_rng(6)
    plane = rng.normal(size=(500, 2))
    long = np.repeat(plane, 8, axis=0)  # 500 trajectories of one repeated frame
    edges = tuple(np.linspace(-2, 2, 4) for _ in range(2))
    options = {"temperature_k": 300.0, "bins": edges}
    independent = free_energy(plane, **options).errors
    naive = free_energy(long, **options).errors
    clustered = free_energy(long, trajectory=np.repeat(np.arange(500), 8), **options).errors
    np.testing.assert_allclose(naive, independent / np.sqrt(8), rtol=1e-9)
    np.testing.assert_allclose(clustered, independent, rtol=0.05)


def test_a_bin_of_one_frame_has_an_error_of_kt():
    plane = np.repeat([[0.0, 0.0], [1.0, 1.0]], [9999, 1], axis=0)
    found = free_energy(plane, temperature_k=300.0, bins=2)
    assert found.errors[1, 1] == pytest.approx(GAS_CONSTANT_KCAL * 300.0, rel=1e-3)
    assert np.isnan(found.errors[0, 1])


def test_errors_need_two_trajectories():
    plane = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match="one trajectory"):
        free_energy(plane, temperature_k=300.0, trajectory=np.zeros(20))
    with pytest.raises(ValueError, match="shape"):
        free_energy(plane, temperature_k=300.0, trajectory=np.zeros(3))


def test_weights_count_as_repeated_frames():
    """A frame of weight 2 counts as two frames, and as one in the number and the errors."""
    rng = np.random.default_rng(7)
    plane, edges = rng.normal(size=(400, 2)), tuple(np.linspace(-2, 2, 4) for _ in range(2))
    twice = rng.random(400) < 0.5
    options = {"temperature_k": 300.0, "bins": edges}
    weighted = free_energy(plane, weights=np.where(twice, 0.2, 0.1), **options)
    repeated = free_energy(np.concatenate([plane, plane[twice]]), **options)
    np.testing.assert_allclose(weighted.values, repeated.values, atol=1e-12)
    assert repeated.n_frames > 400 > weighted.n_frames
    assert (weighted.errors > repeated.errors).all()
    clustered = free_energy(
        np.concatenate([plane, plane[twice]]),
        trajectory=np.concatenate([np.arange(400), np.arange(400)[twice]]),
        **options,
    )
    np.testing.assert_allclose(weighted.errors, clustered.errors, rtol=0.02)


def test_equal_weights_change_nothing():
    plane = np.random.default_rng(8).normal(size=(300, 2))
    plain = free_energy(plane, temperature_k=300.0, bins=9)
    weighted = free_energy(plane, temperature_k=300.0, bins=9, weights=np.full(300, 1 / 300))
    np.testing.assert_allclose(weighted.values, plain.values, atol=1e-12)
    np.testing.assert_allclose(weighted.errors, plain.errors, rtol=1e-9)
    assert weighted.n_frames == plain.n_frames == 300


def test_bins_with_less_than_one_effective_frame_are_empty():
    plane = np.repeat([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]], [100, 5, 5], axis=0)
    weights = np.repeat([1.0, 1.0, 1e-6], [100, 5, 5])
    found = free_energy(plane, temperature_k=300.0, bins=2, weights=weights)
    assert np.isfinite(found.values[1, 1])
    assert np.isnan(found.values[1, 0])
    assert found.n_frames == 105
    with pytest.raises(ValueError, match="weights have shape"):
        free_energy(plane, temperature_k=300.0, weights=weights[1:])
