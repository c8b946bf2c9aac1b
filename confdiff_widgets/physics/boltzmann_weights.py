"""Dimensionless energies E, their weights e^{-E}, and the choice of the energy scale λ.

E = λ (U − U_min) / (U_max − U_min) over the included conformers: of 100 or more energies, the
lowest and the highest 1 % are excluded. λ sets the spread of the weights w = e^{-E}, whose
effective sample size is ESS = (Σw)²/Σw².
"""

from __future__ import annotations

import numpy as np

from ..errors import SettingsError
from ..units import GAS_CONSTANT_KCAL
from .config import PhysicsError

TRIMMED = 0.01
"""Fraction of the energies that is excluded at either end."""

TRIMMED_FROM = 100
"""Number of energies from which they are trimmed; of fewer, 1 % is less than one conformer."""

ESS_FRACTION = 0.2
"""Effective sample size at the chosen λ, as a fraction of the conformers."""

MAX_LAMBDA = 1000.0
"""Upper limit of λ; e^{-1000} underflows to zero."""


def included(energies: np.ndarray) -> np.ndarray:
    """Return a mask of the energies (N,) that are finite and no outliers.

    Of 100 or more finite energies, those outside the 1 % and 99 % quantiles are outliers.

    Raises
    ------
    PhysicsError
        If no energy is finite.
    """
    finite = np.isfinite(energies)
    if not finite.any():
        raise PhysicsError(
            "None of the conformers has a finite energy. Check the reported reasons, and give "
            "conformers without broken bonds."
        )
    if np.count_nonzero(finite) < TRIMMED_FROM:
        return finite
    low, high = np.quantile(energies[finite], [TRIMMED, 1 - TRIMMED])
    return finite & (energies >= low) & (energies <= high)


def reduced_energies(energies: np.ndarray, energy_scale: float) -> np.ndarray:
    """Return dimensionless energies between 0 and λ.

    Parameters
    ----------
    energies : array, shape (N,)
        U of the included conformers, kcal/mol.
    energy_scale : float
        λ.

    Raises
    ------
    SettingsError
        If λ is negative or not finite.
    """
    if not (np.isfinite(energy_scale) and energy_scale >= 0):
        raise SettingsError(f"λ is {energy_scale}. Give a finite number of 0 or more.")
    spread = np.ptp(energies)
    return energy_scale * (energies - energies.min()) / (spread or 1.0)


def ess(reduced: np.ndarray) -> float:
    """Return the effective sample size (Kish), from 1 to N, of the weights e^{-E} of E (N,)."""
    weights = np.exp(reduced.min() - reduced)
    return float(weights.sum() ** 2 / (weights**2).sum())


def choose_lambda(energies: np.ndarray, fraction: float = ESS_FRACTION) -> float | None:
    """Return the largest λ whose effective sample size is at least a fraction of the conformers.

    Parameters
    ----------
    energies : array, shape (N,)
        U of the included conformers, kcal/mol.
    fraction : float
        Above 0, at most 1.

    Returns
    -------
    float or None
        λ by bisection, to a relative precision of 1e-6. None if the ESS stays above the fraction
        for every λ up to 1000, as it does with 5 conformers or fewer (at the default fraction) and
        with equal energies.

    Raises
    ------
    SettingsError
        If the fraction is out of range.
    """
    if not 0 < fraction <= 1:
        raise SettingsError(f"The ESS fraction is {fraction}. Choose a number between 0 and 1.")
    target = fraction * len(energies)
    low, high = 0.0, MAX_LAMBDA
    if ess(reduced_energies(energies, high)) >= target:
        return None
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        if ess(reduced_energies(energies, middle)) >= target:
            low = middle
        else:
            high = middle
    return low


def effective_temperature(energies: np.ndarray, energy_scale: float) -> float:
    """Return the temperature (K) at which e^{-E} is the Boltzmann factor e^{-U/RT}.

    It is infinite for λ = 0.

    Parameters
    ----------
    energies : array, shape (N,)
        U of the included conformers, kcal/mol.
    energy_scale : float
        λ.
    """
    return float(np.ptp(energies)) / (GAS_CONSTANT_KCAL * energy_scale) if energy_scale else np.inf
