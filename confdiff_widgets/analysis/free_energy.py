"""Free energy as a function of two coordinates, from a histogram, with standard errors.

The error of F = -kT ln p in a bin is kT·σ(p)/p. For independent frames, σ² = p(1 - p)/N; with
weights w of sum 1, σ² = (1 - p)² Σ_in w² + p² Σ_out w² over the frames in the bin and outside.
Frames of the same trajectory are correlated; for G trajectories, σ² is the variance between them,
G/(G - 1) Σ_g (c_g - p n_g)² / N², where c_g of the n_g frames of trajectory g are in the bin (the
linearised ratio estimator of cluster sampling; Cochran, Sampling Techniques, 1977, ch. 9A); with
weights, c_g and n_g are sums of weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..units import GAS_CONSTANT_KCAL
from . import input_checks
from .input_checks import Floats


@dataclass(frozen=True, eq=False)
class FreeEnergy:
    """Free energy F(x, y) = -kT ln p(x, y) on a grid, with minimum 0.

    Attributes
    ----------
    values : ndarray, shape (nx, ny)
        kcal/mol; NaN in empty bins, and in bins with less weight than one effective frame. Image
        plots take `values.T`.
    errors : ndarray, shape (nx, ny)
        kcal/mol, one standard error of -kT ln p in each bin; NaN in empty bins. A bin visited by a
        single trajectory has an error of about kT.
    x_edges, y_edges : ndarray, shapes (nx + 1,), (ny + 1,)
    temperature_k : float
    n_frames : int
        Number of frames inside the edges; with weights, their effective number. The error of a bin
        with one frame is about kT.
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
    weights: ArrayLike | None = None,
) -> FreeEnergy:
    """Estimate the free energy of an ensemble at equilibrium.

    Parameters
    ----------
    plane : array_like, shape (N, >= 2)
        Two coordinates of each frame, such as TICs 1 and 2 (`TicaModel.transform`). Further
        columns are ignored.
    temperature_k : float
        Temperature (K) of the ensemble.
    bins : int or pair of edges
        Number of bins along each axis over the range of the data, or the edges of another
        `FreeEnergy`, for a common grid: `bins=(f.x_edges, f.y_edges)`.
    trajectory : array_like of int, shape (N,), optional
        Trajectory that each frame belongs to, for the errors. By default, frames are independent.
    weights : array_like, shape (N,), optional
        Weights of the frames, such as those of `temperature_weights`. Default: equal ones.

    Returns
    -------
    FreeEnergy

    Raises
    ------
    ValueError
        If no frame is on the grid, the temperature is not positive, a shape is wrong, or
        `trajectory` names a single trajectory.
    """
    plane = input_checks.table(plane, "plane")
    if plane.shape[1] < 2:
        raise ValueError(f"plane has {plane.shape[1]} column. Pass two coordinates")
    if not temperature_k > 0:
        raise ValueError(f"temperature_k is {temperature_k}. It must be positive (kelvin)")
    grid = bins if isinstance(bins, int) else [np.asarray(edges) for edges in bins]
    w = np.ones(len(plane)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (len(plane),):
        raise ValueError(f"weights have shape {w.shape}. Expected ({len(plane)},)")
    hist, x_edges, y_edges = np.histogram2d(
        plane[:, 0], plane[:, 1], bins=cast("list[Floats]", grid), weights=w
    )
    if not hist.any():
        raise ValueError(
            f"none of the {len(plane)} frames is on the grid, x {x_edges[0]:.3g} to "
            f"{x_edges[-1]:.3g}, y {y_edges[0]:.3g} to {y_edges[-1]:.3g}. Use edges of the same "
            "coordinates"
        )
    energy, errors = np.full(hist.shape, np.nan), np.full(hist.shape, np.nan)
    fraction = hist / hist.sum()
    squares, _, _ = np.histogram2d(
        plane[:, 0], plane[:, 1], bins=[x_edges, y_edges], weights=np.square(w / hist.sum())
    )
    effective = 1 / squares.sum()
    occupied = fraction * effective > 1 - 1e-6
    kt = GAS_CONSTANT_KCAL * temperature_k
    energy[occupied] = -kt * np.log(hist[occupied] / hist.max())
    if trajectory is None:
        variance = (1 - 2 * fraction) * squares + np.square(fraction) * squares.sum()
    else:
        variance = _between_trajectories(
            plane, np.asarray(trajectory), w, fraction, [x_edges, y_edges]
        )
    errors[occupied] = kt * np.sqrt(variance[occupied]) / fraction[occupied]
    return FreeEnergy(
        energy + 0.0, errors, x_edges, y_edges, float(temperature_k), round(effective)
    )


def _between_trajectories(
    plane: Floats, trajectory: NDArray, weights: Floats, fraction: Floats, edges: list[Floats]
) -> Floats:
    """Estimate the variance of the fraction in each bin from the spread between trajectories."""
    if trajectory.shape != (len(plane),):
        raise ValueError(f"trajectory has shape {trajectory.shape}. Expected ({len(plane)},)")
    names = np.unique(trajectory)
    if len(names) < 2:
        raise ValueError("one trajectory gives no variance between trajectories. Omit `trajectory`")
    squares, total = np.zeros(fraction.shape), 0.0
    for name in names:
        chosen = trajectory == name
        part = plane[chosen]
        found, _, _ = np.histogram2d(part[:, 0], part[:, 1], bins=edges, weights=weights[chosen])
        squares += np.square(found - fraction * found.sum())
        total += found.sum()
    return len(names) / (len(names) - 1) * squares / total**2
