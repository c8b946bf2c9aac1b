"""Metastable states: found on the TICs of a reference, counted in any ensemble.

Two ways. Where the reference's trajectories are continuous, a Markov state model: k-means on the
TICs, transition counts at a lag, the reversible maximum-likelihood matrix, and PCCA+ to lump what
interchanges fast (Röblitz and Weber, Adv. Data Anal. Classif. 7, 147, 2013), by deeptime. Where
they are not, a mixture of Gaussians on the TICs, by scikit-learn. Either way a state is a set of
k-means cells or Gaussians on the TIC plane, so that frames of any ensemble can be assigned to it.
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

MOST_COMPARED = 300
"""Frames of a state that its representative is chosen among."""


@dataclass(frozen=True, eq=False)
class MetastableStates:
    """S states on K TICs, the most populated in the reference first.

    Attributes
    ----------
    method : {"msm", "gmm"}
    assign : callable
        TICs (N, >= K) to the number of each frame's state, shape (N,).
    labels : ndarray of int, shape (M,)
        State of each frame of the reference.
    population, population_error : ndarray, shape (S,)
        Fraction of the reference's frames; its standard error over trajectories, where there are
        several, else for independent frames.
    stationary : ndarray, shape (S,), or None
        Of the Markov model: what the populations tend to.
    timescales_ps : ndarray, shape (S - 1,), or None
        Of the Markov model's slowest processes.
    lag_ps : float or None
        Of the Markov model.
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
) -> MetastableStates:
    """Metastable states of a reference.

    Parameters
    ----------
    trajectories : sequence of array_like, each shape (N_k, K)
        TICs (`TicaModel.transform`), one array a trajectory, each continuous in time for "msm".
    n_states : int
        At least 2. Fewer are found where the trajectories do not connect that many.
    method : {"msm", "gmm"}
    lag_ps, frame_ps : float
        Of the Markov model; "msm" needs both.
    n_clusters : int
        Cells of k-means; no more than a tenth of the frames are made.
    seed : int

    Returns
    -------
    MetastableStates

    Raises
    ------
    ValueError
        A lag that no trajectory is longer than, too few frames, unknown method.
    """
    parts = [input_checks.table(part, f"trajectories[{k}]") for k, part in enumerate(trajectories)]
    if n_states < 2:
        raise ValueError(f"n_states is {n_states}, must be at least 2")
    points = np.concatenate(parts)
    if len(points) < 10 * n_states:
        raise ValueError(f"{len(points)} frames are too few to find {n_states} states in")
    if method == "msm":
        found = _markov(parts, n_states, lag_ps, frame_ps, n_clusters, seed)
    elif method == "gmm":
        found = _mixture(points, n_states, seed)
    else:
        raise ValueError(f"method is {method!r}, must be 'msm' or 'gmm'")
    assign, size, stationary, timescales = found
    raw = assign(points)
    counts = np.bincount(raw, minlength=size)
    kept = np.argsort(-counts, kind="stable")
    kept = kept[counts[kept] > 0]
    place = np.zeros(size, dtype=np.int64)
    place[kept] = np.arange(len(kept))

    def ordered(tics: ArrayLike) -> NDArray[np.int64]:
        table = input_checks.table(tics, "tics")
        if table.shape[1] < points.shape[1]:
            raise ValueError(f"tics has {table.shape[1]} columns, {points.shape[1]} needed")
        return place[assign(table[:, : points.shape[1]])]

    labels = place[raw]
    ends = np.cumsum([len(part) for part in parts])
    trajectory = np.searchsorted(ends, np.arange(len(points)), side="right")
    population, error = populations(labels, len(kept), trajectory)
    return MetastableStates(
        method,
        ordered,
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
    """Fraction of the frames in each state, and its standard error.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
    n_states : int
    trajectory : array_like of int, shape (N,), optional
        Which trajectory a frame is of: the error is then of the spread between them. Without, or
        with one trajectory alone, frames are taken for independent.

    Returns
    -------
    population, error : ndarray, shape (n_states,)
    """
    labels = np.asarray(labels)
    inside = labels[:, None] == np.arange(n_states)
    share = inside.mean(axis=0)
    groups = np.unique(trajectory) if trajectory is not None else np.zeros(0)
    if len(groups) < 2:
        return share, np.sqrt(share * (1 - share) / len(labels))
    squares = np.zeros(n_states)
    for group in groups:
        part = inside[np.asarray(trajectory) == group]
        squares += np.square(part.sum(axis=0) - share * len(part))
    return share, np.sqrt(len(groups) / (len(groups) - 1) * squares) / len(labels)


def representatives(
    ca: ArrayLike, labels: ArrayLike, n_states: int, *, seed: int = 0
) -> NDArray[np.int64]:
    """One frame a state: that with the least mean CA-RMSD to other frames of the state.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    labels : array_like of int, shape (N,)
    n_states : int
    seed : int
        Of the frames that are compared, where a state has more than `MOST_COMPARED`.

    Returns
    -------
    ndarray of int, shape (n_states,)
        Numbers of frames; -1 for a state without any.
    """
    ca, labels = input_checks.ensemble(ca, "ca"), np.asarray(labels)
    rng = np.random.default_rng(seed)
    found = np.full(n_states, -1)
    for state in range(n_states):
        members = np.flatnonzero(labels == state)
        if len(members) > MOST_COMPARED:
            members = np.sort(rng.choice(members, MOST_COMPARED, replace=False))
        if len(members):
            found[state] = members[rmsd_matrix(ca[members]).mean(axis=1).argmin()]
    return found


_Found = tuple[Callable[[Floats], NDArray], int, Floats | None, Floats | None]


def _markov(
    parts: list[Floats],
    n_states: int,
    lag_ps: float | None,
    frame_ps: float | None,
    n_clusters: int,
    seed: int,
) -> _Found:
    from deeptime.clustering import KMeans
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import MaximumLikelihoodMSM

    if lag_ps is None or frame_ps is None:
        raise ValueError("a Markov model needs lag_ps and frame_ps; method='gmm' needs no times")
    lag = round(lag_ps / frame_ps)
    longest = max(map(len, parts))
    if not 1 <= lag < longest:
        raise ValueError(
            f"the lag of {lag_ps:g} ps is {lag} frames, the longest trajectory has {longest}: "
            "shorten lag_ps, or take method='gmm'"
        )
    points = np.concatenate(parts)
    cells = min(n_clusters, len(points) // 10)
    clustering = KMeans(cells, fixed_seed=seed, max_iter=100, n_jobs=1).fit_fetch(points)
    discrete = [clustering.transform(part) for part in parts if len(part) > lag]
    counts = TransitionCountEstimator(lag, "sliding", n_states=cells).fit_fetch(discrete)
    connected = counts.submodel_largest()
    model = MaximumLikelihoodMSM().fit_fetch(connected)
    try:
        lumped = model.pcca(min(n_states, model.n_states))
    except (AssertionError, ValueError) as error:  # deeptime's, where time scales are degenerate
        raise ValueError(
            f"no Markov model of {n_states} states can be made of these trajectories ({error}): "
            "take fewer states, longer trajectories, or method='gmm'"
        ) from error
    state_of = np.full(cells, -1)
    state_of[connected.state_symbols] = lumped.assignments
    # cells that the largest connected set leaves out go with the nearest one inside
    centres = clustering.cluster_centers
    inside = np.flatnonzero(state_of >= 0)
    for cell in np.flatnonzero(state_of < 0):
        nearest = np.square(centres[inside] - centres[cell]).sum(axis=1).argmin()
        state_of[cell] = state_of[inside[nearest]]
    size = lumped.n_metastable
    stationary = np.zeros(size)
    np.add.at(stationary, lumped.assignments, model.stationary_distribution)
    slow = model.timescales(k=max(1, min(n_states, model.n_states) - 1)) * frame_ps
    return lambda tics: state_of[clustering.transform(tics)], size, stationary, slow


def _mixture(points: Floats, n_states: int, seed: int) -> _Found:
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(n_states, random_state=seed, n_init=3).fit(points)
    return lambda tics: model.predict(tics), n_states, None, None
