"""Time-lagged independent component analysis (TICA) of CA–CA distances.

Slow directions of continuous trajectories (Pérez-Hernández et al., J. Chem. Phys. 139, 015102,
2013), fitted with deeptime and kinetic-map scaling (Noé & Clementi, J. Chem. Theory Comput. 11,
5002, 2015) to the distances of all pairs i < j. The fitted model is a linear map in NumPy;
projecting does not require deeptime.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from . import input_checks
from .features import ca_distances, frame_blocks, pair_indices
from .input_checks import Floats
from .lagged_covariances import LaggedSums

FRAMES_PER_DISTANCE = 2
"""Frames of a block of the covariance sums, relative to the distances: products then dominate."""
MAX_RESIDUES = 60
"""Residues up to which all distances are used; beyond, those of evenly spaced residues."""
PAIRS_PER_DISTANCE = 2
"""Lagged pairs of frames that each distance of a longer chain must have."""
THREADED = 1500
"""Number of distances above which several BLAS threads are faster than one."""

_FIELDS = ("mean", "components", "lag_ps", "frame_ps", "timescales_ps", "n_frames")


@dataclass(frozen=True, eq=False)
class TicaModel:
    """Fitted TICA, `tics = (ca_distances - mean) @ components`.

    Attributes
    ----------
    mean : ndarray, shape (D,)
        Mean of the D = L (L - 1) / 2 distances, Å, or of those between the residues `used`.
    components : ndarray, shape (D, K)
        Kinetic-map scaled, slowest first. The sign of each TIC is chosen so that its strongest
        correlation with one of these distances over the training frames is positive.
    lag_ps, frame_ps : float
        Lag of the fit and time between frames, in ps.
    timescales_ps : ndarray, shape (K,)
        Implied time scales -lag / ln|λ|, in ps. They depend on the lag; report both.
    n_frames : int
        Number of training frames, in trajectories that are longer than the lag.
    used : ndarray of bool, shape (L,), optional
        Residues whose distances are used. Default: all.
    """

    mean: Floats
    components: Floats
    lag_ps: float
    frame_ps: float
    timescales_ps: Floats
    n_frames: int
    used: NDArray[np.bool_] | None = None

    @property
    def n_tics(self) -> int:
        return self.components.shape[1]

    @property
    def n_residues(self) -> int:
        if self.used is not None:
            return len(self.used)
        return (1 + round(np.sqrt(1 + 8 * len(self.mean)))) // 2

    @property
    def selection(self) -> str:
        """Which residues are used, for a note; empty for all."""
        if self.used is None:
            return ""
        return f"distances of {self.used.sum()} of {len(self.used)} residues, evenly spaced"

    def transform(self, ca: ArrayLike) -> Floats:
        """Project CA coordinates (N, L, 3) in Å onto the TICs, shape (N, K).

        Raises
        ------
        ValueError
            If the number of residues differs from that of the training frames.
        """
        ca = input_checks.ensemble(ca, "ca")
        if ca.shape[1] != self.n_residues:
            raise ValueError(
                f"ca has {ca.shape[1]} residues, this TICA was fitted on {self.n_residues}. "
                "Use the model of the same protein"
            )
        found = np.empty((len(ca), self.n_tics))
        chosen = ca if self.used is None else ca[:, self.used]
        for part in frame_blocks(chosen):
            found[part] = (ca_distances(chosen[part]) - self.mean) @ self.components
        return found

    def project(self, distances: Floats) -> Floats:
        """Project distances (N, P) in Å of all pairs, from `ca_distances`, onto the TICs (N, K)."""
        if self.used is not None:
            i, j = pair_indices(len(self.used))
            distances = distances[:, self.used[i] & self.used[j]]
        return (distances - self.mean) @ self.components

    def to_arrays(self, prefix: str = "") -> dict[str, NDArray]:
        """Return the model as plain arrays, for `numpy.savez(path, **model.to_arrays())`."""
        names = _FIELDS if self.used is None else (*_FIELDS, "used")
        return {prefix + name: np.asarray(getattr(self, name)) for name in names}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, ArrayLike], prefix: str = "") -> TicaModel:
        """Create a model from the arrays of `to_arrays`, or from `numpy.load` of such a file."""
        missing = [prefix + name for name in _FIELDS if prefix + name not in arrays]
        if missing:
            raise ValueError(
                f"no {', '.join(missing)} among the arrays. Pass a TICA written by "
                f"TicaModel.to_arrays with prefix {prefix!r}"
            )
        got = {name: np.asarray(arrays[prefix + name]) for name in _FIELDS}
        return cls(
            mean=got["mean"].astype(np.float64),
            components=got["components"].astype(np.float64),
            lag_ps=float(got["lag_ps"]),
            frame_ps=float(got["frame_ps"]),
            timescales_ps=got["timescales_ps"].astype(np.float64),
            n_frames=int(got["n_frames"]),
            used=np.asarray(arrays[prefix + "used"], bool) if prefix + "used" in arrays else None,
        )


def fit_tica(
    trajectories: Sequence[ArrayLike], *, lag_ps: float, frame_ps: float, n_tics: int = 2
) -> TicaModel:
    """Fit a TICA to continuous trajectories.

    Chains of more than `MAX_RESIDUES` residues use the distances of evenly spaced residues only, as
    many as the frames support: `PAIRS_PER_DISTANCE` lagged pairs for each distance.

    Parameters
    ----------
    trajectories : sequence of array_like, each shape (N_k, L, 3)
        CA positions in Å of one protein, each continuous in time. Lagged pairs do not span
        trajectories, so that those no longer than the lag do not count. An array (K, N, L, 3) is
        accepted; for a single trajectory pass [ca].
    lag_ps : float
        Lag in ps, a whole number of frames.
    frame_ps : float
        Time between frames in ps.
    n_tics : int
        Number of TICs to keep.

    Returns
    -------
    TicaModel

    Raises
    ------
    ValueError
        If the lag is not a whole number of frames, no trajectory is longer than the lag, there are
        too few frames for a long chain, or fewer than `n_tics` independent directions exist.
    """
    lag = _lag_frames(lag_ps, frame_ps)
    if any(np.ndim(part) == 2 for part in trajectories):
        raise ValueError(
            "trajectories has single frames (L, 3). Pass a list of trajectories, [ca] for one"
        )
    checked = [input_checks.ensemble(t, f"trajectories[{k}]") for k, t in enumerate(trajectories)]
    if not checked:
        raise ValueError("trajectories is empty. Pass at least one continuous trajectory")
    for k, ca in enumerate(checked):
        input_checks.same_residues(ca, checked[0], f"trajectories[{k}]", "trajectories[0]")
    longest = max(map(len, checked))
    if longest <= lag:
        raise ValueError(
            f"the longest trajectory has {longest} frames, no more than the lag of {lag}. "
            "Lower lag_ps or pass longer trajectories"
        )
    checked = [ca for ca in checked if len(ca) > lag]  # the others have no lagged pairs
    used = _used_residues(checked[0].shape[1], sum(len(ca) - lag for ca in checked))
    checked = checked if used is None else [ca[:, used] for ca in checked]
    from deeptime.covariance import CovarianceModel  # slow to import, required for fitting only
    from deeptime.decomposition import TICA
    from deeptime.numeric import ZeroRankError

    first = ca_distances(checked[0][:1])[0]
    n_distances = len(first)
    sums = LaggedSums(first)
    block = max(1, int(FRAMES_PER_DISTANCE * n_distances))
    small = n_distances < THREADED
    with threadpool_limits(1, "blas") if small else nullcontext():
        for ca in checked:
            for start in range(0, len(ca) - lag, block):
                # blocks overlap by the lag, so that no pair is lost at their boundaries
                distances = ca_distances(ca[start : start + block + lag])
                sums.add(distances[:-lag], distances[lag:])
    found = sums.covariance()
    covariances = CovarianceModel(
        cov_00=found.instant,
        cov_0t=found.lagged,
        mean_0=found.mean,
        mean_t=found.mean,
        bessels_correction=False,
        symmetrized=True,
        lagtime=lag,
        data_mean_removed=True,
    )
    try:
        model = TICA(lagtime=lag, scaling="kinetic_map").fit_from_covariances(covariances)
        model = model.fetch_model()
        origin = model.transform(np.zeros((1, n_distances)))
    except ZeroRankError as error:
        raise ValueError(
            "all frames are the same, so that a TICA cannot be fitted. Pass different frames"
        ) from error
    if origin.shape[1] < n_tics:
        raise ValueError(
            f"the trajectories have {origin.shape[1]} independent direction(s), not {n_tics}. "
            "Add frames or lower n_tics"
        )
    # deeptime's map is affine; its matrix is extracted so that the model depends on NumPy only
    linear = model.transform(np.eye(n_distances)) - origin
    fitted = TicaModel(
        mean=found.mean,
        components=np.ascontiguousarray(linear[:, :n_tics], dtype=np.float64),
        lag_ps=float(lag_ps),
        frame_ps=float(frame_ps),
        timescales_ps=np.asarray(model.timescales(k=n_tics), dtype=np.float64) * frame_ps,
        n_frames=sum(map(len, checked)),
    )
    correlation = distance_correlations(fitted, np.concatenate(checked))
    strongest = correlation[np.abs(correlation).argmax(axis=0), np.arange(n_tics)]
    signs = np.where(strongest < 0, -1.0, 1.0)
    return replace(fitted, components=fitted.components * signs, used=used)


def distance_correlations(tica: TicaModel, ca: ArrayLike) -> Floats:
    """Compute the Pearson correlation of the TICs with each CA–CA distance.

    Parameters
    ----------
    tica : TicaModel
    ca : array_like, shape (N, L, 3)
        CA positions in Å.

    Returns
    -------
    ndarray, shape (P, K)
        All pairs of residues in the order of `pair_indices`; 0 for constant distances.
    """
    ca = input_checks.ensemble(ca, "ca", min_frames=2)
    # close to the mean of the frames, to avoid cancellation
    shift = tica.mean if tica.used is None else ca_distances(ca[:1])[0]
    first = np.zeros(len(shift))
    squares, cross = np.zeros(len(shift)), np.zeros((len(shift), tica.n_tics))
    tic_sum, tic_squares = np.zeros(tica.n_tics), np.zeros(tica.n_tics)
    for part in frame_blocks(ca):
        distances = ca_distances(ca[part])
        tics = tica.project(distances)
        distances -= shift
        first += distances.sum(axis=0)
        squares += np.square(distances).sum(axis=0)
        cross += distances.T @ tics
        tic_sum += tics.sum(axis=0)
        tic_squares += np.square(tics).sum(axis=0)
    n = len(ca)
    covariance = cross / n - np.outer(first, tic_sum) / n**2
    spread = np.sqrt(np.maximum(squares / n - np.square(first / n), 0.0))
    tic_spread = np.sqrt(np.maximum(tic_squares / n - np.square(tic_sum / n), 0.0))
    size = np.outer(spread, tic_spread)
    return np.where(size > 1e-9, covariance / np.where(size > 1e-9, size, 1.0), 0.0)


def _used_residues(n_residues: int, n_pairs: int) -> NDArray[np.bool_] | None:
    """Return which residues (L,) a fit to `n_pairs` lagged pairs uses; None for all."""
    if n_residues <= MAX_RESIDUES:
        return None
    supported = n_pairs // PAIRS_PER_DISTANCE
    count = min(MAX_RESIDUES, (1 + math.isqrt(1 + 8 * supported)) // 2)
    if count < 3:
        raise ValueError(
            f"{n_pairs} lagged pairs of frames are too few for {n_residues} residues. Give longer "
            "trajectories"
        )
    used = np.zeros(n_residues, dtype=bool)
    used[np.linspace(0, n_residues - 1, count).round().astype(int)] = True
    return used


def _lag_frames(lag_ps: float, frame_ps: float) -> int:
    if not 0 < frame_ps < math.inf:
        raise ValueError(f"frame_ps is {frame_ps}. It must be positive and finite")
    if not 0 < lag_ps < math.inf:
        raise ValueError(f"lag_ps is {lag_ps}. It must be positive and finite")
    lag = round(lag_ps / frame_ps)
    if lag < 1 or abs(lag * frame_ps - lag_ps) > 1e-6 * frame_ps:
        raise ValueError(
            f"lag_ps is {lag_ps}, which is not a whole number of frames of {frame_ps} ps. "
            f"Use {max(lag, 1) * frame_ps:g}"
        )
    return lag
