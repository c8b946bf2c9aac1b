"""Reduced energies that reweight replica-exchange frames to another temperature.

Frames pooled over lanes k are draws of the mixture q(x) = mean_k p_k(x), p_k ∝ e^{-β_k U}. The
ensemble of some of the lanes is p(x) = mean_{k in target} p_k(x), so that

    E(x) = -log p(x) / q(x)

tilts the one into the other. The weights are bounded by lanes / target lanes, and the lanes'
free energies come from the same frames (MBAR: Shirts and Chodera 2008).
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from ..errors import SettingsError

GAS = 8.314462618e-3  # kJ/mol/K
TOLERANCE = 1e-9
ITERATIONS = 10_000


def tempered_energies(
    potential: np.ndarray, kelvin: np.ndarray, target: tuple[float, float]
) -> np.ndarray:
    """Return dimensionless energies that reweight pooled frames to a range of temperatures.

    Parameters
    ----------
    potential : array, shape (N,)
        U of the frames, kJ/mol.
    kelvin : array, shape (N,)
        Temperature of the lane that each frame comes from.
    target : (float, float)
        Lowest and highest temperature of the target lanes, K.

    Returns
    -------
    array, shape (N,)
        E with a mean e^{-E} of 1.

    Raises
    ------
    SettingsError
        If an energy is not finite, or no lane lies between the temperatures.
    """
    if not np.isfinite(potential).all():
        raise SettingsError(
            f"{(~np.isfinite(potential)).sum()} of the potential energies are not finite."
        )
    lanes, count = np.unique(np.round(kelvin, 3), return_counts=True)
    chosen = (lanes >= target[0]) & (lanes <= target[1])
    if not chosen.any():
        raise SettingsError(
            f"No frame has a temperature between {target[0]:g} and {target[1]:g} K; there are "
            f"{', '.join(f'{k:.0f}' for k in lanes)} K."
        )
    exponents = -potential[:, None] / (GAS * lanes)
    log_densities = exponents + free_energies(exponents, count)
    energy = logsumexp(log_densities, axis=1, b=count) - logsumexp(
        log_densities[:, chosen], axis=1, b=count[chosen]
    )
    return energy + logsumexp(-energy) - np.log(len(energy))


def free_energies(exponents: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return free energies f_k in units of kT, with f_0 = 0, by self-consistent iteration.

    Parameters
    ----------
    exponents : array, shape (N, K)
        -β_k U of every frame in every lane.
    count : array, shape (K,)
        Frames of each lane.
    """
    energies = np.zeros(len(count))
    for _ in range(ITERATIONS):
        log_mixture = logsumexp(exponents + energies, axis=1, b=count, keepdims=True)
        found = -logsumexp(exponents - log_mixture, axis=0)
        found -= found[0]
        change = np.abs(found - energies).max()
        energies = found
        if change < TOLERANCE:
            return energies
    raise SettingsError(
        f"The free energies still change by {change:.2g} after {ITERATIONS} iterations: "
        "neighbouring temperatures hardly overlap."
    )
