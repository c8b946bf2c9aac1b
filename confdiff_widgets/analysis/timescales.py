"""Implied time scales of TICA as a function of the lag time.

An implied time scale -τ/ln|λ(τ)| increases with the lag τ until non-Markovian contributions have
decayed (Swope et al., J. Phys. Chem. B 108, 6571, 2004). Read it at a lag where its curve is flat,
together with its error over trajectories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .input_checks import Floats
from .tica import fit_tica


@dataclass(frozen=True, eq=False)
class ImpliedTimescales:
    """Implied time scales at several lags.

    Attributes
    ----------
    lags_ps : ndarray, shape (T,)
    values_ps : ndarray, shape (T, K)
        Slowest first.
    errors_ps : ndarray, shape (T, K)
        Standard deviation over resampled trajectories; NaN for a single trajectory.
    """

    lags_ps: Floats
    values_ps: Floats
    errors_ps: Floats


def implied_timescales(
    trajectories: Sequence[ArrayLike],
    *,
    lags_ps: Sequence[float],
    frame_ps: float,
    n_tics: int = 2,
    n_bootstrap: int = 10,
    seed: int = 0,
) -> ImpliedTimescales:
    """Estimate implied time scales of TICA at several lags.

    Parameters
    ----------
    trajectories : sequence of array_like, each shape (N_k, L, 3)
        CA positions in Å, each continuous in time.
    lags_ps : sequence of float
        Lags in ps, whole numbers of frames.
    frame_ps : float
        Time between frames in ps.
    n_tics : int
    n_bootstrap : int
        Number of bootstrap resamples of the trajectories; each requires a fit.
    seed : int

    Returns
    -------
    ImpliedTimescales

    Raises
    ------
    ValueError
        As in `fit_tica`, for example for a lag longer than a trajectory.
    """
    parts = [np.asarray(part) for part in trajectories]
    rng = np.random.default_rng(seed)

    def fitted(chosen: Sequence[ArrayLike], lag: float) -> Floats:
        return fit_tica(chosen, lag_ps=lag, frame_ps=frame_ps, n_tics=n_tics).timescales_ps

    values = np.array([fitted(parts, lag) for lag in lags_ps])
    errors = np.full(values.shape, np.nan)
    if len(parts) > 1:
        for row, lag in enumerate(lags_ps):
            found = [
                fitted([parts[k] for k in rng.integers(len(parts), size=len(parts))], lag)
                for _ in range(n_bootstrap)
            ]
            errors[row] = np.std(found, axis=0, ddof=1)
    return ImpliedTimescales(np.asarray(lags_ps, dtype=np.float64), values, errors)
