"""Weights and effective sample sizes against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.physics import PhysicsError
from confdiff_widgets.physics.boltzmann_weights import (
    choose_lambda,
    effective_temperature,
    ess,
    included,
    reduced_energies,
)
from confdiff_widgets.units import GAS_CONSTANT_KCAL

UNIFORM = np.linspace(-310.0, -260.0, 20_001)


def uniform_ess(energy_scale: float) -> float:
    """Return ESS / N of E uniform on [0, λ]: (2/λ) tanh(λ/2)."""
    return 2 / energy_scale * np.tanh(energy_scale / 2)


def test_reduced_energies_span_0_to_lambda():
    reduced = reduced_energies(np.array([-5.0, -1.0, 3.0]), 2.0)
    np.testing.assert_allclose(reduced, [0, 1, 2])
    np.testing.assert_allclose(reduced_energies(np.array([7.0, 7.0]), 2.0), 0)


@pytest.mark.parametrize("energy_scale", [0.1, 1.0, 10.0])
def test_ess_of_uniform_energies(energy_scale):
    found = ess(reduced_energies(UNIFORM, energy_scale)) / len(UNIFORM)
    assert found == pytest.approx(uniform_ess(energy_scale), rel=1e-3)


def test_ess_of_gaussian_energies():
    """For E ~ N(μ, σ²) weights are log-normal: ESS / N = e^{-σ²}, independent of μ."""
    energies = np.random.default_rng(0).normal(1000.0, 0.8, 400_000)
    assert ess(energies) / len(energies) == pytest.approx(np.exp(-0.64), rel=0.01)


def test_limits_of_the_ess():
    assert ess(np.zeros(7)) == 7
    assert ess(np.array([0.0, 1e4, 1e5])) == 1
    assert ess(np.array([1e5, 1e5 + 2000])) == 1  # no underflow to 0 / 0


@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.9])
def test_lambda_gives_the_requested_ess(fraction):
    energy_scale = choose_lambda(UNIFORM, fraction)
    assert uniform_ess(energy_scale) == pytest.approx(fraction, rel=1e-3)
    assert ess(reduced_energies(UNIFORM, energy_scale)) >= fraction * len(UNIFORM)


def test_lambda_does_not_depend_on_units_or_offset():
    assert choose_lambda(4.184 * UNIFORM + 90) == pytest.approx(choose_lambda(UNIFORM))


@pytest.mark.parametrize(
    "energies",
    [
        [-404.3],
        [-404.3, -390.0],
        [0.0, 1.0, 5.0, 7.0, 20.0],  # a fifth is the lowest energy alone
        [1.0] * 50,
        [0.0] * 20 + list(range(1, 81)),  # a fifth has the lowest energy
    ],
)
def test_energies_that_determine_no_lambda(energies):
    assert choose_lambda(np.array(energies)) is None


def test_six_different_energies_determine_lambda():
    energies = np.array([0.0, 1.0, 5.0, 7.0, 20.0, 21.0])
    energy_scale = choose_lambda(energies)
    assert ess(reduced_energies(energies, energy_scale)) == pytest.approx(1.2, rel=1e-3)


def test_effective_temperature():
    energy_scale = choose_lambda(UNIFORM)
    kelvin = effective_temperature(UNIFORM, energy_scale)
    boltzmann = (UNIFORM - UNIFORM.min()) / (GAS_CONSTANT_KCAL * kelvin)
    np.testing.assert_allclose(boltzmann, reduced_energies(UNIFORM, energy_scale))
    assert effective_temperature(UNIFORM, 0.0) == np.inf


def test_outliers_and_failures_are_excluded():
    energies = np.append(np.arange(200.0), [np.nan, np.inf])
    keep = included(energies)
    assert keep[2:198].all()
    assert not keep[[0, 1, 198, 199, 200, 201]].any()
    with pytest.raises(PhysicsError, match="finite energy"):
        included(np.array([np.nan]))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 10, 99, 100, 1000])
def test_two_percent_of_100_or_more_energies_are_trimmed(count):
    energies = np.random.default_rng(count).normal(-400.0, 10.0, count)
    dropped = count - included(energies).sum()
    assert dropped == (0 if count < 100 else count // 50)
    assert included(np.append(energies, np.nan)).sum() == count - dropped


@pytest.mark.parametrize("fraction", [0.0, 1.5, np.nan])
def test_an_invalid_fraction_is_rejected(fraction):
    with pytest.raises(SettingsError, match="between 0 and 1"):
        choose_lambda(UNIFORM, fraction)


@pytest.mark.parametrize("energy_scale", [-1.0, np.nan, np.inf])
def test_an_invalid_lambda_is_rejected(energy_scale):
    with pytest.raises(SettingsError, match="λ is"):
        reduced_energies(UNIFORM, energy_scale)
