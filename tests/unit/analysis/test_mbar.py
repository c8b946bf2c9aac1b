"""MBAR weights against closed forms of harmonic energies."""

import numpy as np
import pytest

from confdiff_widgets.analysis.mbar import (
    effective_frames,
    free_energies,
    temperature_weights,
)
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.units import GAS_CONSTANT

from ..harmonic_frames import COUNT, DEGREES_OF_FREEDOM, TEMPERATURES, frames

__all__ = ["frames"]


def test_free_energies_of_harmonic_wells(frames):
    potential, _ = frames
    found = free_energies(-potential[:, None] / (GAS_CONSTANT * TEMPERATURES), COUNT)
    exact = -DEGREES_OF_FREEDOM / 2 * np.log(TEMPERATURES / TEMPERATURES[0])
    np.testing.assert_allclose(found, exact, atol=0.05)


@pytest.mark.parametrize("target", [300.0, 315.0, 350.0, 380.0, 400.0])
def test_any_temperature_between_those_of_the_simulation(frames, target):
    weights = temperature_weights(*frames, target)
    assert weights.sum() == pytest.approx(1)
    mean = DEGREES_OF_FREEDOM / 2 * GAS_CONSTANT * target
    assert weights @ frames[0] == pytest.approx(mean, rel=0.02)
    assert weights @ frames[0] ** 2 == pytest.approx(
        mean**2 * (1 + 2 / DEGREES_OF_FREEDOM), rel=0.04
    )
    assert 2000 < effective_frames(weights) < COUNT.sum()


def test_equal_weights_count_all_frames():
    assert effective_frames(np.full(7, 0.3)) == pytest.approx(7)


@pytest.mark.parametrize("target", [200.0, 290.0, 450.0])
def test_temperatures_outside_of_the_simulation_are_refused(frames, target):
    with pytest.raises(SettingsError, match="covers 300 to 400 K, which does not include"):
        temperature_weights(*frames, target)
