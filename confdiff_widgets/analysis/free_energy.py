"""Free energy on a plane of two coordinates, from a histogram, with error bars.

The error of F = -kT ln p in a bin is kT·σ(p)/p. Frames that are independent of each other give
σ² = p(1 - p)/N. Frames of G trajectories are not: there σ² is the spread of the trajectories'
own shares, G/(G - 1) Σ_g (c_g - p n_g)² / N², with c_g of trajectory g's n_g frames in the bin (the
linearised ratio estimator of cluster sampling; Cochran, Sampling Techniques, 1977, ch. 9A).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .input_checks import Floats

BOLTZMANN = 0.001987204259
"""kcal/mol/K (the 2019 SI's k_B N_A)."""


@dataclass(frozen=True, eq=False)
class FreeEnergy:
    """F(x, y) = -kT ln p(x, y), least value 0.

    Attributes
    ----------
    values : ndarray, shape (nx, ny)
        kcal/mol; NaN where no frame fell. `values.T` is what image plots take.
    errors : ndarray, shape (nx, ny)
        kcal/mol, one standard deviation of -kT ln p; NaN where no frame fell. Of the bin's own
        sampling: a bin that one trajectory alone has visited has an error of about kT.
    x_edges, y_edges : ndarray, shapes (nx + 1,), (ny + 1,)
    temperature_k : float
    n_frames : int
        Frames inside the edges. A bin with one frame is known to about kT only.
    """

    values: Floats
    errors: Floats
    x_edges: Floats
    y_edges: Floats
    temperature_k: float
    n_frames: int


def free_energy(
    plane: ArrayLike,
    *,
    temperature_k: float,
    bins: int | tuple[ArrayLike, ArrayLike] = 50,
    trajectory: ArrayLike | None = None,
) -> FreeEnergy:
    """Free energy of an ensemble at equilibrium.

    Parameters
    ----------
    plane : array_like, shape (N, >= 2)
        Two coordinates a frame, such as TICs 1 and 2 (`TicaModel.transform`); more columns are
        ignored.
    temperature_k : float
        Kelvin, of the ensemble that the frames were drawn from.
    bins : int or pair of edges
        Bins each way over the data's range, or the edges of another `FreeEnergy`, so that two
        ensembles share a grid: `bins=(f.x_edges, f.y_edges)`.
    trajectory : array_like of int, shape (N,), optional
        Which trajectory each frame is of, for the errors. Default: frames are independent.

    Returns
    -------
    FreeEnergy

    Raises
    ------
    ValueError
        No frame on the grid, a temperature that is not positive, wrong shape, one trajectory.
    """
    plane = input_checks.table(plane, "plane")
    if plane.shape[1] < 2:
        raise ValueError(f"plane has {plane.shape[1]} column, two coordinates needed")
    if not temperature_k > 0:
        raise ValueError(f"temperature_k is {temperature_k}, must be positive (kelvin)")
    grid = bins if isinstance(bins, int) else [np.asarray(edges) for edges in bins]
    hist, x_edges, y_edges = np.histogram2d(
        plane[:, 0], plane[:, 1], bins=cast("list[Floats]", grid)
    )
    if not hist.any():
        raise ValueError(
            f"none of the {len(plane)} frames falls on the grid, x {x_edges[0]:.3g} to "
            f"{x_edges[-1]:.3g}, y {y_edges[0]:.3g} to {y_edges[-1]:.3g}: use the edges of the "
            "same coordinates"
        )
    energy, errors = np.full(hist.shape, np.nan), np.full(hist.shape, np.nan)
    seen = hist > 0
    kt = BOLTZMANN * temperature_k
    energy[seen] = -kt * np.log(hist[seen] / hist.max())
    share = hist / hist.sum()
    if trajectory is None:
        variance = share * (1 - share) / hist.sum()
    else:
        variance = _between_trajectories(plane, np.asarray(trajectory), share, [x_edges, y_edges])
    errors[seen] = kt * np.sqrt(variance[seen]) / share[seen]
    return FreeEnergy(energy + 0.0, errors, x_edges, y_edges, float(temperature_k), int(hist.sum()))


def _between_trajectories(
    plane: Floats, trajectory: NDArray, share: Floats, edges: list[Floats]
) -> Floats:
    """Variance of each bin's share, from how the trajectories differ."""
    if trajectory.shape != (len(plane),):
        raise ValueError(f"trajectory has shape {trajectory.shape}, expected ({len(plane)},)")
    names = np.unique(trajectory)
    if len(names) < 2:
        raise ValueError("one trajectory shows no differences: leave `trajectory` out")
    squares, total = np.zeros(share.shape), 0.0
    for name in names:
        part = plane[trajectory == name]
        found, _, _ = np.histogram2d(part[:, 0], part[:, 1], bins=edges)
        squares += np.square(found - share * found.sum())
        total += found.sum()
    return len(names) / (len(names) - 1) * squares / total**2
