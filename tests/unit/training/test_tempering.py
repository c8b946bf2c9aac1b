"""Frames of a replica exchange weighted to other temperatures: harmonic energies, known answers."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.training.tempering import GAS, free_energies, tempered_energies

LANES = np.array([300.0, 330.0, 363.0, 400.0])
COUNT = np.array([3000, 2000, 3000, 4000])
FREEDOMS = 12  # harmonic degrees of freedom: U is Gamma(FREEDOMS / 2, kT)


@pytest.fixture(scope="module")
def frames():
    rng = np.random.default_rng(5)
    kelvin = np.repeat(LANES, COUNT)
    return rng.gamma(FREEDOMS / 2, GAS * kelvin), kelvin


def test_free_energies_of_harmonic_wells(frames):
    potential, _ = frames
    found = free_energies(-potential[:, None] / (GAS * LANES), COUNT)
    exact = -FREEDOMS / 2 * np.log(LANES / LANES[0])
    np.testing.assert_allclose(found, exact, atol=0.05)


@pytest.mark.parametrize("lane", range(4))
def test_weights_give_each_lane_from_all(frames, lane):
    potential, kelvin = frames
    target = (LANES[lane] - 1, LANES[lane] + 1)
    weights = np.exp(-tempered_energies(potential, kelvin, target))
    assert weights.mean() == pytest.approx(1)
    assert weights.max() <= len(kelvin) / COUNT[lane] * 1.001
    mean = FREEDOMS / 2 * GAS * LANES[lane]
    assert np.average(potential, weights=weights) == pytest.approx(mean, rel=0.02)
    assert np.average(potential**2, weights=weights) == pytest.approx(
        mean**2 * (1 + 2 / FREEDOMS), rel=0.04
    )


def test_the_target_of_all_lanes_is_what_there_is(frames):
    energies = tempered_energies(*frames, (0.0, 1000.0))
    np.testing.assert_allclose(energies, 0, atol=1e-9)


def test_several_lanes_are_pooled_as_they_are(frames):
    potential, kelvin = frames
    weights = np.exp(-tempered_energies(potential, kelvin, (300.0, 330.0)))
    cold = potential[kelvin < 331]
    assert np.average(potential, weights=weights) == pytest.approx(cold.mean(), rel=0.02)


def test_what_cannot_be_weighted(frames):
    potential, kelvin = frames
    with pytest.raises(SettingsError, match="between 200 and 250 K; there are 300, 330, 363, 400"):
        tempered_energies(potential, kelvin, (200.0, 250.0))
    broken = potential.copy()
    broken[[3, 8]] = np.nan, np.inf
    with pytest.raises(SettingsError, match="2 of the potential energies are not finite"):
        tempered_energies(broken, kelvin, (300.0, 330.0))
