"""Statistics of an ensemble that the figures and tables of an evaluation show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..analysis import (
    FreeEnergy,
    Recovery,
    StateModel,
    ca_rmsd,
    contact_rates,
    free_energy,
    populations,
    radius_of_gyration,
    rmsf,
    state_recovery,
)
from ..analysis.state_recovery import default_sizes
from .known_states import KnownStates
from .target import Target

BINS = 40
"""Bins of the free energy along each axis."""


@dataclass(frozen=True, eq=False)
class EnsembleStatistics:
    """Statistics of one ensemble or of the reference.

    Attributes
    ----------
    rg, folded_rmsd : ndarray, shape (N,)
        Radius of gyration and CA-RMSD to the folded structure, Å.
    rmsf : ndarray, shape (L,)
        RMSF after superposition on the folded structure, Å.
    contacts : ndarray, shape (P,)
        Contact rates of the pairs |i - j| >= 3.
    tics : ndarray, shape (N, 2), or None
    surface : FreeEnergy or None
        On the grid of the reference.
    labels : ndarray of int, shape (N,), or None
        Metastable state of each frame.
    population, population_error : ndarray, shape (S,), or None
        Populations of the metastable states.
    recovery : Recovery or None
        Recovery of the known states, or of the medoids of the metastable states.
    """

    rg: NDArray
    folded_rmsd: NDArray
    rmsf: NDArray
    contacts: NDArray
    tics: NDArray | None
    surface: FreeEnergy | None
    labels: NDArray | None
    population: NDArray | None
    population_error: NDArray | None
    recovery: Recovery | None


class StatisticsCalculator:
    """Computes the statistics of ensembles on common axes, those of the reference first."""

    def __init__(
        self,
        target: Target,
        states: StateModel | None,
        known: KnownStates | None,
        covered: float,
        seed: int,
    ):
        self._target, self._states, self._known = target, states, known
        self._covered, self._seed = covered, seed
        self._edges: tuple[NDArray, NDArray] | None = None

    def reference(self, sizes: Sequence[int]) -> EnsembleStatistics:
        """Compute the statistics of the reference, with its recovery at these sample sizes."""
        target, known = self._target, self._known
        statistics = self.compute(target.ca, target.trajectory)
        if known is None:
            return statistics
        included = np.ones(len(target.ca), dtype=bool)
        if known.frames is not None:
            included[known.frames] = False  # the frame of a state recovers that state at 0 Å
        others = target.ca[included]
        all_sizes = {*default_sizes(len(others)), *(min(n, len(others)) for n in sizes)}
        return replace(statistics, recovery=self._recovery(others, sorted(all_sizes)))

    def compute(self, ca: NDArray, trajectory: NDArray | None = None) -> EnsembleStatistics:
        """Compute the statistics of CA positions (N, L, 3) in Å.

        Parameters
        ----------
        ca : ndarray, shape (N, L, 3)
        trajectory : ndarray of int, shape (N,), optional
            Trajectory of each frame, for standard errors.
        """
        target, states = self._target, self._states
        tics = surface = labels = population = error = None
        if target.tica is not None:
            tics = target.tica.transform(ca)[:, :2]
            if trajectory is not None and len(np.unique(trajectory)) < 2:
                trajectory = None
            surface = self._surface(tics, trajectory)
        if states is not None and tics is not None:
            labels = states.assign(tics)
            population, error = populations(labels, len(states), trajectory)
        return EnsembleStatistics(
            rg=radius_of_gyration(ca),
            folded_rmsd=ca_rmsd(ca, target.folded),
            rmsf=rmsf(ca, target.folded),
            contacts=contact_rates(ca),
            tics=tics,
            surface=surface,
            labels=labels,
            population=population,
            population_error=error,
            recovery=None if self._known is None else self._recovery(ca),
        )

    def _recovery(self, ca: NDArray, sizes: Sequence[int] | None = None) -> Recovery:
        assert self._known is not None
        return state_recovery(
            self._known.select(ca),
            self._known.ca,
            names=self._known.names,
            sizes=sizes,
            cutoff=self._covered,
            seed=self._seed,
        )

    def _surface(self, tics: NDArray, trajectory: NDArray | None) -> FreeEnergy | None:
        """Compute the free energy; the first call, for the reference, defines the bins."""
        temperature = self._target.temperature
        if self._edges is None:
            found = free_energy(tics, temperature_k=temperature, bins=BINS, trajectory=trajectory)
            self._edges = found.x_edges, found.y_edges
            return found
        (low_x, *_, high_x), (low_y, *_, high_y) = self._edges
        x, y = tics.T
        if not ((x >= low_x) & (x <= high_x) & (y >= low_y) & (y <= high_y)).any():
            return None  # no frame on the grid, which the metric "Outside" reports
        return free_energy(tics, temperature_k=temperature, bins=self._edges, trajectory=trajectory)
