"""Frames of harmonic wells at several temperatures, whose energies have closed forms."""

import numpy as np
import pytest

from confdiff_widgets.units import GAS_CONSTANT

TEMPERATURES = np.array([300.0, 330.0, 363.0, 400.0])
COUNT = np.array([3000, 2000, 3000, 4000])
DEGREES_OF_FREEDOM = 12  # harmonic, so U follows Gamma(DEGREES_OF_FREEDOM / 2, kT)


@pytest.fixture(scope="module")
def frames():
    """Potential energies (kJ/mol) and temperatures (K) of all frames."""
    rng = np.random.default_rng(5)
    kelvin = np.repeat(TEMPERATURES, COUNT)
    return rng.gamma(DEGREES_OF_FREEDOM / 2, GAS_CONSTANT * kelvin), kelvin
