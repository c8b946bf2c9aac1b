"""Reduced energies that reweight replica-exchange frames to other temperatures (MBAR).

Frames pooled over temperatures k are draws from the mixture q(x) = mean_k p_k(x) of the canonical
distributions p_k ∝ e^{-β_k U}. With the target p(x) = mean_{k in target} p_k(x),

    E(x) = -log p(x) / q(x)

tilts q into p. The weights e^{-E} are bounded by the ratio of all frames to target frames. The free
energies of the temperatures are estimated from the same frames (MBAR: Shirts and Chodera 2008).
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from ..analysis.mbar import free_energies
from ..errors import SettingsError
from ..units import GAS_CONSTANT


def reweighting_energies(
    potential: np.ndarray, kelvin: np.ndarray, target: tuple[float, float]
) -> np.ndarray:
    """Return dimensionless energies that reweight pooled frames to a range of temperatures.

    Parameters
    ----------
    potential : array, shape (N,)
        U of the frames, kJ/mol.
    kelvin : array, shape (N,)
        Temperature at which each frame was simulated, K.
    target : (float, float)
        Lowest and highest target temperature, K.

    Returns
    -------
    array, shape (N,)
        E, shifted so that the mean of e^{-E} is 1.

    Raises
    ------
    SettingsError
        If an energy is not finite, or no simulated temperature is in the target range.
    """
    if not np.isfinite(potential).all():
        raise SettingsError(
            f"{(~np.isfinite(potential)).sum()} of the potential energies are not finite. "
            "Check the simulation, or leave these frames out."
        )
    temperatures, count = np.unique(np.round(kelvin, 3), return_counts=True)
    chosen = (temperatures >= target[0]) & (temperatures <= target[1])
    if not chosen.any():
        raise SettingsError(
            f"No frame has a temperature between {target[0]:g} and {target[1]:g} K. Choose from "
            f"{', '.join(f'{k:.0f}' for k in temperatures)} K."
        )
    exponents = -potential[:, None] / (GAS_CONSTANT * temperatures)
    log_densities = exponents + free_energies(exponents, count)
    energy = logsumexp(log_densities, axis=1, b=count) - logsumexp(
        log_densities[:, chosen], axis=1, b=count[chosen]
    )
    return energy + logsumexp(-energy) - np.log(len(energy))
