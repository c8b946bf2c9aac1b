import numpy as np
import pytest

from confdiff_widgets.analysis import free_energy
from confdiff_widgets.analysis.free_energy import BOLTZMANN


def test_two_states_differ_by_kt_ln_of_their_ratio():
    plane = np.repeat([[0.0, 0.0], [1.0, 1.0]], [800, 100], axis=0)
    found = free_energy(plane, temperature_k=350.0, bins=2)
    assert found.values[0, 0] == 0
    assert found.values[1, 1] == pytest.approx(0.0019872043 * 350 * np.log(8))
    assert np.isnan(found.values[0, 1])
    assert found.n_frames == 900


def test_a_gaussian_gives_its_parabola():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(400_000, 2)) * [1.0, 2.0]
    edges = (np.linspace(-2, 2, 21), np.linspace(-4, 4, 21))
    found = free_energy(plane, temperature_k=300.0, bins=edges)
    x, y = ((e[1:] + e[:-1]) / 2 for e in edges)
    expected = 0.5 * BOLTZMANN * 300 * (x[:, None] ** 2 + y**2 / 4)
    expected -= expected.min()
    # bins below 1 kcal/mol hold at least 450 frames: kT / sqrt(450) = 0.03 kcal/mol
    assert np.abs(found.values - expected)[expected < 1].max() < 0.12
    assert found.values.shape == (20, 20)


def test_first_axis_is_x():
    plane = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]])
    found = free_energy(plane, temperature_k=300.0, bins=(np.arange(5), np.arange(3)))
    assert found.values.shape == (4, 2)
    assert np.isfinite(found.values).sum() == 3
    assert np.isfinite(found.values[3, 1])


def test_bad_input_is_named():
    plane = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match="must be positive"):
        free_energy(plane, temperature_k=0)
    with pytest.raises(ValueError, match="two coordinates"):
        free_energy(plane[:, :1], temperature_k=300)
    with pytest.raises(ValueError, match="none of the 20 frames"):
        free_energy(plane, temperature_k=300, bins=([50, 51], [50, 51]))
    with pytest.raises(ValueError, match="NaN"):
        free_energy(plane * np.nan, temperature_k=300)
