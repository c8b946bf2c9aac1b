"""Weights that turn replica-exchange frames into the ensemble of any temperature (MBAR).

Frames simulated at temperatures k with U as their potential energy have the densities
p_k ∝ e^{-β_k U}. The free energies of the temperatures are estimated from all frames together
(Shirts and Chodera 2008, doi 10.1063/1.2978177); the pooled frames, weighted by the ratio of the
target density to the mixture of all p_k, then represent the ensemble at the target temperature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from ..units import GAS_CONSTANT
from .input_checks import Floats

TOLERANCE = 1e-9
MAX_ITERATIONS = 10_000


def temperature_weights(potential: Floats, kelvin: Floats, target: float) -> Floats:
    """Return weights of pooled frames that sum to 1 and represent one temperature.

    Parameters
    ----------
    potential, kelvin : ndarray, shape (N,)
        Potential energy (kJ/mol) and temperature (K) of each frame.
    target : float
        Temperature in K.

    Raises
    ------
    SettingsError
        If the target is outside of the simulated temperatures, or the free energies do not
        converge.
    """
    temperatures, count = np.unique(np.round(kelvin, 3), return_counts=True)
    if not temperatures[0] - 0.5 <= target <= temperatures[-1] + 0.5:
        raise SettingsError(
            f"The simulation covers {temperatures[0]:.0f} to {temperatures[-1]:.0f} K, which does "
            f"not include {target:g} K. Choose a temperature in this range."
        )
    exponents = -potential[:, None] / (GAS_CONSTANT * temperatures)
    mixture = log_mixture(potential, temperatures, count, free_energies(exponents, count))
    return weights_at(potential, mixture, target)


def log_mixture(
    potential: Floats, temperatures: Floats, count: NDArray[np.integer], energies: Floats
) -> Floats:
    """Return the logarithm of the density (N,) that pooled frames have, up to a constant.

    Parameters
    ----------
    potential : ndarray, shape (N,)
        Potential energy of each frame, kJ/mol.
    temperatures : ndarray, shape (K,)
        Simulated temperatures, K.
    count : ndarray of int, shape (K,)
        Number of frames simulated at each temperature.
    energies : ndarray, shape (K,)
        Free energies of the temperatures in units of kT; see :func:`free_energies`.
    """
    from scipy.special import logsumexp  # slow to import, and not needed for sampling

    exponents = -potential[:, None] / (GAS_CONSTANT * temperatures)
    return logsumexp(exponents + energies, axis=1, b=count)


def weights_at(potential: Floats, mixture: Floats, target: float) -> Floats:
    """Return weights (N,) with the sum 1 of frames of the density :func:`log_mixture` at a target.

    Parameters
    ----------
    potential, mixture : ndarray, shape (N,)
        Potential energy (kJ/mol) and the logarithm of the density of each frame.
    target : float
        Temperature in K.
    """
    from scipy.special import logsumexp  # slow to import, and not needed for sampling

    log_weights = -potential / (GAS_CONSTANT * target) - mixture
    return np.exp(log_weights - logsumexp(log_weights))


def effective_frames(weights: Floats) -> float:
    """Return the effective number of independent frames (Σw)² / Σw² (Kish 1965)."""
    return float(weights.sum() ** 2 / np.square(weights).sum())


def free_energies(exponents: Floats, count: NDArray[np.integer]) -> Floats:
    """Compute free energies f_k in units of kT, with f_0 = 0, by self-consistent iteration.

    Parameters
    ----------
    exponents : ndarray, shape (N, K)
        -β_k U of every frame at every temperature.
    count : ndarray of int, shape (K,)
        Number of frames simulated at each temperature.

    Raises
    ------
    SettingsError
        If the iteration does not converge.
    """
    from scipy.special import logsumexp  # slow to import, and not needed for sampling

    energies = np.zeros(len(count))
    for _ in range(MAX_ITERATIONS):
        log_mixture = logsumexp(exponents + energies, axis=1, b=count, keepdims=True)
        updated = -logsumexp(exponents - log_mixture, axis=0)
        updated -= updated[0]
        change = np.abs(updated - energies).max()
        energies = updated
        if change < TOLERANCE:
            return energies
    raise SettingsError(
        f"The free energies still change by {change:.2g} after {MAX_ITERATIONS} iterations, "
        "because neighbouring temperatures hardly overlap. Use closer temperatures."
    )
