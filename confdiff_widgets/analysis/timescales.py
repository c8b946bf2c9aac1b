"""How slow the slow motions are, and at which lag that is to be believed.

An implied time scale -τ/ln|λ(τ)| of TICA grows with the lag τ until what is not Markovian in the
chosen coordinates has decayed (Swope et al., J. Phys. Chem. B 108, 6571, 2004): a time scale is
read where its curve has become flat, and is worth no more than its error over trajectories.
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
    """Time scales against lag.

    Attributes
    ----------
    lags_ps : ndarray, shape (T,)
    values_ps : ndarray, shape (T, K)
        Slowest first.
    errors_ps : ndarray, shape (T, K)
        Standard deviation over resampled trajectories; NaN where there is one trajectory only.
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
    """Implied time scales of TICA at several lags.

    Parameters
    ----------
    trajectories : sequence of array_like, each shape (N_k, L, 3)
        CA positions in Å, each continuous in time.
    lags_ps : sequence of float
        Each a whole number of frames.
    frame_ps : float
        Time between frames in ps.
    n_tics : int
    n_bootstrap : int
        Resamples of the trajectories for the errors, each a fit.
    seed : int

    Returns
    -------
    ImpliedTimescales

    Raises
    ------
    ValueError
        As `fit_tica`: above all, a lag that is longer than a trajectory.
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
