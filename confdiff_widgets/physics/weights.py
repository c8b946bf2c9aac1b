"""From energies to dimensionless energies E, weights e^{-E}, and how strong E may be.

E = λ (U − U_min) / (U_max − U_min) over the conformers that count (the lowest and the highest 1 %
do not). λ decides how much the weights differ, and the effective sample size ESS = (Σw)²/Σw² says
how many conformers are left in effect.
"""

from __future__ import annotations

import numpy as np

from ..errors import SettingsError
from .config import PhysicsError

TRIMMED = 0.01
"""Fraction of the energies that is dropped at either end."""

BOLTZMANN = 1.987204e-3  # kcal/mol/K
LARGEST = 1000.0
"""No λ is larger: e^{-1000} is no weight any more."""


def counted(energies: np.ndarray) -> np.ndarray:
    """Which energies (N,) count: finite, and within their 1 % and 99 % quantiles.

    Raises
    ------
    PhysicsError
        If no energy is finite.
    """
    finite = np.isfinite(energies)
    if not finite.any():
        raise PhysicsError(
            "None of the conformers has a finite energy: look at the reasons, and give conformers "
            "without broken bonds."
        )
    low, high = np.quantile(energies[finite], [TRIMMED, 1 - TRIMMED])
    return finite & (energies >= low) & (energies <= high)


def reduced_energies(energies: np.ndarray, strength: float) -> np.ndarray:
    """Dimensionless energies, between 0 and λ.

    Parameters
    ----------
    energies : array, shape (N,)
        U of the conformers that count, kcal/mol.
    strength : float
        λ.
    """
    if not (np.isfinite(strength) and strength >= 0):
        raise SettingsError(f"λ is {strength}: give a finite number, 0 or more.")
    spread = np.ptp(energies)
    return strength * (energies - energies.min()) / (spread or 1.0)


def ess(reduced: np.ndarray) -> float:
    """Effective sample size (Kish), between 1 and N, of the weights e^{-E} of energies E (N,)."""
    weights = np.exp(reduced.min() - reduced)
    return float(weights.sum() ** 2 / (weights**2).sum())


def choose_lambda(energies: np.ndarray, fraction: float = 0.2) -> float:
    """The largest λ whose effective sample size is at least a fraction of the conformers.

    Parameters
    ----------
    energies : array, shape (N,)
        U of the conformers that count, kcal/mol.
    fraction : float
        Between 0 and 1.

    Returns
    -------
    float
        λ by bisection, to 1e-6 relative; 1000 if the ESS stays above the fraction for any λ.
    """
    if not 0 < fraction <= 1:
        raise SettingsError(f"An ESS of {fraction} of the data is none: choose between 0 and 1.")
    target = fraction * len(energies)
    low, high = 0.0, LARGEST
    if ess(reduced_energies(energies, high)) >= target:
        return high
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        if ess(reduced_energies(energies, middle)) >= target:
            low = middle
        else:
            high = middle
    return low


def temperature(energies: np.ndarray, strength: float) -> float:
    """Kelvin at which e^{-E} is the Boltzmann factor e^{-U/RT}; infinite for λ = 0.

    Parameters
    ----------
    energies : array, shape (N,)
        U of the conformers that count, kcal/mol.
    strength : float
        λ.
    """
    return float(np.ptp(energies)) / (BOLTZMANN * strength) if strength else np.inf
