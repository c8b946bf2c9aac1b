"""Metastable states of a reference on its TICs, and their populations in any ensemble.

For continuous trajectories, the states come from a Markov state model built with deeptime: k-means
clustering of the TICs, transition counts at a lag, the reversible maximum-likelihood transition
matrix, and PCCA+ to lump rapidly interconverting clusters (Röblitz & Weber, Adv. Data Anal.
Classif. 7, 147, 2013). Otherwise, they come from a Gaussian mixture of the TICs (scikit-learn).
Both are functions of the TICs alone, so that they apply to the frames of any ensemble.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .input_checks import Floats
from .superposition import rmsd_matrix

MAX_COMPARED = 300
"""Largest number of frames of a state among which its representative is chosen."""


@dataclass(frozen=True, eq=False)
class StateModel:
    """S metastable states on K TICs, in the order of decreasing population in the reference.

    Attributes
    ----------
    method : {"msm", "gmm"}
    assign : callable
        Maps TICs (N, >= K) to the index of each frame's state, shape (N,).
    labels : ndarray of int, shape (M,)
        State index of each frame of the reference.
    population, population_error : ndarray, shape (S,)
        Fraction of the frames of the reference, and its standard error: over trajectories if
        there are several, otherwise for independent frames.
    stationary : ndarray, shape (S,), or None
        Stationary distribution of the Markov model.
    timescales_ps : ndarray, shape (S - 1,), or None
        Implied time scales of the slowest processes of the Markov model.
    lag_ps : float or None
        Lag of the Markov model.
    """

    method: str
    assign: Callable[[ArrayLike], NDArray[np.int64]]
    labels: NDArray[np.int64]
    population: Floats
    population_error: Floats
    stationary: Floats | None = None
    timescales_ps: Floats | None = None
    lag_ps: float | None = None

    def __len__(self) -> int:
        return len(self.population)


def find_states(
    trajectories: Sequence[ArrayLike],
    n_states: int = 4,
    *,
    method: Literal["msm", "gmm"] = "msm",
    lag_ps: float | None = None,
    frame_ps: float | None = None,
    n_clusters: int = 100,
    seed: int = 0,
) -> StateModel:
    """Find the metastable states of a reference.

    Parameters
    ----------
    trajectories : sequence of array_like, each shape (N_k, K)
        TICs (`TicaModel.transform`), one array for each trajectory; continuous in time for "msm".
    n_states : int
        At least 2. Fewer states result if the trajectories connect fewer clusters.
    method : {"msm", "gmm"}
        Markov state model or Gaussian mixture.
    lag_ps, frame_ps : float
        Lag of the Markov model and time between frames, in ps. Required for "msm".
    n_clusters : int
        Number of k-means clusters, at most a tenth of the number of frames.
    seed : int

    Returns
    -------
    StateModel

    Raises
    ------
    ValueError
        If no trajectory is longer than the lag, for too few frames, or for an unknown method.
    """
    parts = [input_checks.table(part, f"trajectories[{k}]") for k, part in enumerate(trajectories)]
    if n_states < 2:
        raise ValueError(f"n_states is {n_states}. It must be at least 2")
    points = np.concatenate(parts)
    if len(points) < 10 * n_states:
        raise ValueError(
            f"{len(points)} frames are too few to find {n_states} states. Add frames or use fewer"
        )
    if method == "msm":
        found = _markov(parts, n_states, lag_ps, frame_ps, n_clusters, seed)
    elif method == "gmm":
        found = _mixture(points, n_states, seed)
    else:
        raise ValueError(f"method is {method!r}. Use 'msm' or 'gmm'")
    assign, size, stationary, timescales = found
    raw = assign(points)
    counts = np.bincount(raw, minlength=size)
    kept = np.argsort(-counts, kind="stable")
    kept = kept[counts[kept] > 0]
    rank = np.zeros(size, dtype=np.int64)
    rank[kept] = np.arange(len(kept))

    def assign_ranked(tics: ArrayLike) -> NDArray[np.int64]:
        table = input_checks.table(tics, "tics")
        if table.shape[1] < points.shape[1]:
            raise ValueError(
                f"tics has {table.shape[1]} columns, {points.shape[1]} needed. Keep more TICs"
            )
        return rank[assign(table[:, : points.shape[1]])]

    labels = rank[raw]
    ends = np.cumsum([len(part) for part in parts])
    trajectory = np.searchsorted(ends, np.arange(len(points)), side="right")
    population, error = populations(labels, len(kept), trajectory)
    return StateModel(
        method,
        assign_ranked,
        labels,
        population,
        error,
        None if stationary is None else stationary[kept],
        timescales,
        None if stationary is None else lag_ps,
    )


def populations(
    labels: ArrayLike, n_states: int, trajectory: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Compute the fraction of the frames in each state and its standard error.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
    n_states : int
    trajectory : array_like of int, shape (N,), optional
        Trajectory of each frame; the error then follows from the spread between trajectories.
        Without it, or for a single trajectory, frames are treated as independent.

    Returns
    -------
    population, error : ndarray, shape (n_states,)
    """
    labels = np.asarray(labels)
    inside = labels[:, None] == np.arange(n_states)
    fraction = inside.mean(axis=0)
    groups = np.unique(trajectory) if trajectory is not None else np.zeros(0)
    if len(groups) < 2:
        return fraction, np.sqrt(fraction * (1 - fraction) / len(labels))
    squares = np.zeros(n_states)
    for group in groups:
        part = inside[np.asarray(trajectory) == group]
        squares += np.square(part.sum(axis=0) - fraction * len(part))
    return fraction, np.sqrt(len(groups) / (len(groups) - 1) * squares) / len(labels)


def representatives(
    ca: ArrayLike, labels: ArrayLike, n_states: int, *, seed: int = 0
) -> NDArray[np.int64]:
    """Find the medoid of each state, the frame with the smallest mean CA-RMSD to the others.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    labels : array_like of int, shape (N,)
    n_states : int
    seed : int
        Seed for the choice of frames in states with more than `MAX_COMPARED`.

    Returns
    -------
    ndarray of int, shape (n_states,)
        Frame indices; -1 for an empty state.
    """
    ca, labels = input_checks.ensemble(ca, "ca"), np.asarray(labels)
    rng = np.random.default_rng(seed)
    found = np.full(n_states, -1)
    for state in range(n_states):
        members = np.flatnonzero(labels == state)
        if len(members) > MAX_COMPARED:
            members = np.sort(rng.choice(members, MAX_COMPARED, replace=False))
        if len(members):
            found[state] = members[rmsd_matrix(ca[members]).mean(axis=1).argmin()]
    return found


_Assignment = tuple[Callable[[Floats], NDArray], int, Floats | None, Floats | None]


def _markov(
    parts: list[Floats],
    n_states: int,
    lag_ps: float | None,
    frame_ps: float | None,
    n_clusters: int,
    seed: int,
) -> _Assignment:
    from deeptime.clustering import KMeans
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import MaximumLikelihoodMSM

    if lag_ps is None or frame_ps is None:
        raise ValueError("method='msm' needs lag_ps and frame_ps. Pass both, or use method='gmm'")
    lag = round(lag_ps / frame_ps)
    longest = max(map(len, parts))
    if not 1 <= lag < longest:
        raise ValueError(
            f"the lag of {lag_ps:g} ps is {lag} frames, the longest trajectory has {longest}. "
            "Lower lag_ps, or use method='gmm'"
        )
    points = np.concatenate(parts)
    n_centres = min(n_clusters, len(points) // 10)
    clustering = KMeans(n_centres, fixed_seed=seed, max_iter=100, n_jobs=1).fit_fetch(points)
    discrete = [clustering.transform(part) for part in parts if len(part) > lag]
    counts = TransitionCountEstimator(lag, "sliding", n_states=n_centres).fit_fetch(discrete)
    connected = counts.submodel_largest()
    model = MaximumLikelihoodMSM().fit_fetch(connected)
    try:
        lumped = model.pcca(min(n_states, model.n_states))
    except (AssertionError, ValueError) as error:  # raised by deeptime for degenerate time scales
        raise ValueError(
            f"no Markov model of {n_states} states fits these trajectories ({error}). "
            "Use fewer states, longer trajectories, or method='gmm'"
        ) from error
    state_of = np.full(n_centres, -1)
    state_of[connected.state_symbols] = lumped.assignments
    # clusters outside the largest connected set join the nearest cluster inside
    centres = clustering.cluster_centers
    inside = np.flatnonzero(state_of >= 0)
    for cluster in np.flatnonzero(state_of < 0):
        nearest = np.square(centres[inside] - centres[cluster]).sum(axis=1).argmin()
        state_of[cluster] = state_of[inside[nearest]]
    size = lumped.n_metastable
    stationary = np.zeros(size)
    np.add.at(stationary, lumped.assignments, model.stationary_distribution)
    slow = model.timescales(k=max(1, min(n_states, model.n_states) - 1)) * frame_ps
    return lambda tics: state_of[clustering.transform(tics)], size, stationary, slow


def _mixture(points: Floats, n_states: int, seed: int) -> _Assignment:
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(n_states, random_state=seed, n_init=3).fit(points)
    return lambda tics: model.predict(tics), n_states, None, None
