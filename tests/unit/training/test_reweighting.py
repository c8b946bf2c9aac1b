"""Reweighting of replica-exchange frames against closed forms of harmonic energies."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.training.reweighting import reweighting_energies
from confdiff_widgets.units import GAS_CONSTANT

from ..harmonic_frames import COUNT, DEGREES_OF_FREEDOM, TEMPERATURES, frames

__all__ = ["frames"]


@pytest.mark.parametrize("index", range(4))
def test_all_frames_reweighted_to_one_temperature(frames, index):
    potential, kelvin = frames
    target = (TEMPERATURES[index] - 1, TEMPERATURES[index] + 1)
    weights = np.exp(-reweighting_energies(potential, kelvin, target))
    assert weights.mean() == pytest.approx(1)
    assert weights.max() <= len(kelvin) / COUNT[index] * 1.001
    mean = DEGREES_OF_FREEDOM / 2 * GAS_CONSTANT * TEMPERATURES[index]
    assert np.average(potential, weights=weights) == pytest.approx(mean, rel=0.02)
    assert np.average(potential**2, weights=weights) == pytest.approx(
        mean**2 * (1 + 2 / DEGREES_OF_FREEDOM), rel=0.04
    )


def test_a_target_of_all_temperatures_leaves_the_frames_unweighted(frames):
    energies = reweighting_energies(*frames, (0.0, 1000.0))
    np.testing.assert_allclose(energies, 0, atol=1e-9)


def test_target_temperatures_are_pooled_in_proportion(frames):
    potential, kelvin = frames
    weights = np.exp(-reweighting_energies(potential, kelvin, (300.0, 330.0)))
    cold = potential[kelvin < 331]
    assert np.average(potential, weights=weights) == pytest.approx(cold.mean(), rel=0.02)


def test_invalid_input_is_rejected(frames):
    potential, kelvin = frames
    with pytest.raises(
        SettingsError, match=r"between 200 and 250 K\. Choose from 300, 330, 363, 400"
    ):
        reweighting_energies(potential, kelvin, (200.0, 250.0))
    broken = potential.copy()
    broken[[3, 8]] = np.nan, np.inf
    with pytest.raises(SettingsError, match="2 of the potential energies are not finite"):
        reweighting_energies(broken, kelvin, (300.0, 330.0))
