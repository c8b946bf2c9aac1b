"""Replica exchange: the acceptance rule and the exchange of temperatures between neighbours.

Sugita and Okamoto, Chem. Phys. Lett. 314, 141 (1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...units import GAS_CONSTANT


def acceptance(
    beta: ArrayLike, potential: ArrayLike, other_beta: ArrayLike, other_potential: ArrayLike
) -> NDArray[np.float64]:
    """Return the probability of exchanging two replicas: min(1, exp((β - β')(U - U'))).

    Parameters
    ----------
    beta, other_beta : array_like
        Inverse temperatures.
    potential, other_potential : array_like
        Potential energies in units of 1/β.
    """
    exponent = np.subtract(beta, other_beta) * np.subtract(potential, other_potential)
    return np.exp(np.minimum(exponent, 0.0))


@dataclass(frozen=True)
class Ladder:
    """Temperatures of an exchange and where each replica is.

    Attributes
    ----------
    temperatures : array, shape (R,)
        K, in ascending order.
    rung : array of int, shape (R,)
        Index of each replica's temperature.
    attempted, accepted : array of int, shape (R - 1,)
        Exchanges between neighbouring temperatures so far.
    """

    temperatures: NDArray[np.float64]
    rung: NDArray[np.int64]
    attempted: NDArray[np.int64]
    accepted: NDArray[np.int64]

    @classmethod
    def ascending(cls, temperatures: ArrayLike) -> Ladder:
        """Create a ladder with replica k at the k-th temperature."""
        kelvin = np.asarray(temperatures, dtype=np.float64)
        none = np.zeros(len(kelvin) - 1, dtype=np.int64)
        return cls(kelvin, np.arange(len(kelvin)), none, none)

    @property
    def of_replicas(self) -> NDArray[np.float64]:
        """Temperature of each replica, K."""
        return self.temperatures[self.rung]

    @property
    def rate(self) -> NDArray[np.float64]:
        """Accepted fraction of the exchanges between neighbours; NaN before the first attempt."""
        with np.errstate(invalid="ignore"):
            return self.accepted / self.attempted

    def exchange(self, potential: ArrayLike, attempt: int, uniform: ArrayLike) -> Ladder:
        """Attempt to exchange neighbours: pairs (0, 1), (2, 3), ... and (1, 2), ... in turn.

        Parameters
        ----------
        potential : array_like, shape (R,)
            Potential energies of the replicas, kJ/mol.
        attempt : int
            Number of the attempt; even and odd ones have different pairs.
        uniform : array_like, shape (R - 1,)
            Random numbers between 0 and 1, one for each pair of neighbours.
        """
        lower = np.arange(attempt % 2, len(self.temperatures) - 1, 2)
        at = np.argsort(self.rung)  # replica at each temperature
        cold, hot = at[lower], at[lower + 1]
        beta = 1 / (GAS_CONSTANT * self.temperatures)
        energy = np.asarray(potential, dtype=np.float64)
        chance = acceptance(beta[lower], energy[cold], beta[lower + 1], energy[hot])
        swapped = np.asarray(uniform)[lower] < chance
        rung, attempted, accepted = self.rung.copy(), self.attempted.copy(), self.accepted.copy()
        rung[cold[swapped]], rung[hot[swapped]] = lower[swapped] + 1, lower[swapped]
        attempted[lower] += 1
        accepted[lower[swapped]] += 1
        return Ladder(self.temperatures, rung, attempted, accepted)
