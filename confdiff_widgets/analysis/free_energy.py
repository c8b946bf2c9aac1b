"""Free energy on a plane of two coordinates, from a histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from . import _checks
from ._checks import Floats

BOLTZMANN = 0.001987204259
"""kcal/mol/K (the 2019 SI's k_B N_A)."""


@dataclass(frozen=True, eq=False)
class FreeEnergy:
    """F(x, y) = -kT ln p(x, y), least value 0.

    Attributes
    ----------
    values : ndarray, shape (nx, ny)
        kcal/mol; NaN where no frame fell. `values.T` is what image plots take.
    x_edges, y_edges : ndarray, shapes (nx + 1,), (ny + 1,)
    temperature_k : float
    n_frames : int
        Frames inside the edges. A bin with one frame is known to about kT only.
    """

    values: Floats
    x_edges: Floats
    y_edges: Floats
    temperature_k: float
    n_frames: int


def free_energy(
    plane: ArrayLike,
    *,
    temperature_k: float,
    bins: int | tuple[ArrayLike, ArrayLike] = 50,
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

    Returns
    -------
    FreeEnergy

    Raises
    ------
    ValueError
        No frame on the grid, a temperature that is not positive, wrong shape.
    """
    plane = _checks.table(plane, "plane")
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
    energy = np.full(hist.shape, np.nan)
    seen = hist > 0
    energy[seen] = -BOLTZMANN * temperature_k * np.log(hist[seen] / hist.max())
    return FreeEnergy(energy + 0.0, x_edges, y_edges, float(temperature_k), int(hist.sum()))
