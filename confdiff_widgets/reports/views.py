"""What the figures show of an ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..analysis import (
    FreeEnergy,
    MetastableStates,
    Recovery,
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
"""Of the free energy, each way."""


@dataclass(frozen=True, eq=False)
class View:
    """What is drawn of one ensemble, the reference among them.

    Attributes
    ----------
    rg, folded_rmsd : ndarray, shape (N,)
        Å.
    rmsf : ndarray, shape (L,)
        Å, about the mean position after superposition on the folded structure.
    contacts : ndarray, shape (P,)
        Rates, pairs |i - j| >= 3.
    tics : ndarray, shape (N, 2), or None
    surface : FreeEnergy or None
        On the target's grid.
    labels : ndarray of int, shape (N,), or None
        Metastable state of each frame.
    population, population_error : ndarray, shape (S,), or None
    recovery : Recovery or None
        Of known states, or of the representatives of the reference's.
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


class Viewpoint:
    """Makes the views of ensembles, on axes that they share; the reference comes first."""

    def __init__(
        self,
        target: Target,
        states: MetastableStates | None,
        known: KnownStates | None,
        covered: float,
        seed: int,
    ):
        self._target, self._states, self._known = target, states, known
        self._covered, self._seed = covered, seed
        self._edges: tuple[NDArray, NDArray] | None = None

    def reference(self, sizes: Sequence[int]) -> View:
        """The target's own; the sampling efficiency also at these numbers of frames."""
        target, known = self._target, self._known
        view = self.look(target.ca, target.trajectory)
        if known is None:
            return view
        outside = np.ones(len(target.ca), dtype=bool)
        if known.frames is not None:
            outside[known.frames] = False  # a state's own frame finds that state at 0 Å
        others = target.ca[outside]
        every = {*default_sizes(len(others)), *(min(n, len(others)) for n in sizes)}
        return replace(view, recovery=self._recovery(others, sorted(every)))

    def look(self, ca: NDArray, trajectory: NDArray | None = None) -> View:
        """Of CA positions (N, L, 3) in Å."""
        target, states = self._target, self._states
        tics = surface = labels = share = error = None
        if target.tica is not None:
            tics = target.tica.transform(ca)[:, :2]
            if trajectory is not None and len(np.unique(trajectory)) < 2:
                trajectory = None
            surface = self._surface(tics, trajectory)
        if states is not None and tics is not None:
            labels = states.assign(tics)
            share, error = populations(labels, len(states), trajectory)
        return View(
            rg=radius_of_gyration(ca),
            folded_rmsd=ca_rmsd(ca, target.folded),
            rmsf=rmsf(ca, target.folded),
            contacts=contact_rates(ca),
            tics=tics,
            surface=surface,
            labels=labels,
            population=share,
            population_error=error,
            recovery=None if self._known is None else self._recovery(ca),
        )

    def _recovery(self, ca: NDArray, sizes: Sequence[int] | None = None) -> Recovery:
        assert self._known is not None
        return state_recovery(
            self._known.of(ca),
            self._known.ca,
            names=self._known.names,
            sizes=sizes,
            cutoff=self._covered,
            seed=self._seed,
        )

    def _surface(self, tics: NDArray, trajectory: NDArray | None) -> FreeEnergy | None:
        """Of the first ensemble, the reference, on bins that all others share."""
        temperature = self._target.temperature
        if self._edges is None:
            found = free_energy(tics, temperature_k=temperature, bins=BINS, trajectory=trajectory)
            self._edges = found.x_edges, found.y_edges
            return found
        (low_x, *_, high_x), (low_y, *_, high_y) = self._edges
        x, y = tics.T
        if not ((x >= low_x) & (x <= high_x) & (y >= low_y) & (y <= high_y)).any():
            return None  # wholly outside: the metric "Outside" tells
        return free_energy(tics, temperature_k=temperature, bins=self._edges, trajectory=trajectory)
