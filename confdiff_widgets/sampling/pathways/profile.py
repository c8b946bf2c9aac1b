"""Profiles of paths: integrals of the score, closed loops and populations of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from torch import Tensor

from ...analysis.input_checks import Floats
from ...geometry.rigid import Rigid
from .density import PathDensity
from .metric import FrameMetric, inner
from .polyline import arc_lengths

NODES, WEIGHTS = np.polynomial.legendre.leggauss(4)
"""Gauss-Legendre quadrature of an edge of a closed loop, on [-1, 1]."""


@dataclass(frozen=True, eq=False)
class PathProfile:
    """A profile along a path in units of kT, 0 at the start.

    Attributes
    ----------
    arc : ndarray, shape (K,)
        Arc length of the images, Å.
    values, errors : ndarray, shape (K,)
        kT, and one standard error of the difference to the start; infinite if unknown.
    barrier : float
        Highest point above the start, kT.
    """

    arc: Floats
    values: Floats
    errors: Floats
    barrier: float

    @classmethod
    def of_log_density(cls, density: PathDensity, images: Rigid) -> PathProfile:
        """Return -log p along the path, the line integral of the score from image to image.

        It is no free energy, from which it differs by the entropy of transverse motion.
        """
        arc = arc_lengths(density.metric, images).double().cpu().numpy()
        parts = edge_integrals(density, images).double().cpu().numpy()
        values = np.concatenate([[0.0], np.cumsum(-parts)])
        return cls(arc, values, np.zeros(len(arc)), float(values.max()))

    @classmethod
    def of_mean_force(cls, arc: Tensor, score: Tensor, error: Tensor) -> PathProfile:
        """Integrate the score along the path, given at each image (K,) with standard errors.

        With the mean scores of a finite-temperature string this is the free energy along the path,
        provided that the mean force hardly changes within a cell: means over a wide cell weigh its
        populated parts. Use more images where the profile changes by more than 1 kT from one to
        the next.
        """
        s, slope = arc.double().cpu().numpy(), -score.double().cpu().numpy()
        spread = error.double().cpu().numpy()
        curve = CubicSpline(s, slope).antiderivative()
        steps = np.diff(s)
        weights = np.zeros((len(s), len(s)))  # trapezoidal rule up to each image
        for k, step in enumerate(steps, start=1):
            weights[k:, k - 1 : k + 1] += step / 2
        variance = np.square(weights) @ np.where(np.isfinite(spread), np.square(spread), 0)
        errors = np.sqrt(variance)
        if not np.isfinite(spread).all():
            errors[1:] = np.inf
        fine = np.linspace(s[0], s[-1], 100 * len(s))
        return cls(s, curve(s) - curve(s[0]), errors, float((curve(fine) - curve(s[0])).max()))


def edge_integrals(density: PathDensity, images: Rigid) -> Tensor:
    """Integrate the score along the geodesic from each image to the next, (K - 1,) in kT."""
    edges = density.metric.log(images[:-1], images[1:])
    total = torch.zeros_like(edges[:, 0, 0])
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        middle = density.metric.exp(images[:-1], (1 + node) / 2 * edges)
        total = total + weight / 2 * inner(density(middle).score, edges)
    return total


def closed_loop(density: PathDensity, out: Rigid, back: Rigid) -> float:
    """Integrate the score around a closed loop, in kT; 0 for the gradient of a density.

    Parameters
    ----------
    density : PathDensity
    out, back : Rigid, shape (K, L)
        The loop follows ``out`` and returns along ``back``, both given from the start to the end.
    """
    loop = Rigid(
        torch.cat([out.quat, back.quat.flip(0), out.quat[:1]]),
        torch.cat([out.trans, back.trans.flip(0), out.trans[:1]]),
    )
    return float(edge_integrals(density, loop).sum())


@dataclass(frozen=True, eq=False)
class CellPopulations:
    """Share of an ensemble in the Voronoi cell of each image.

    Attributes
    ----------
    fractions, errors : ndarray, shape (K,)
        With the sum 1, and one standard error.
    free_energy, free_energy_errors : ndarray, shape (K,)
        -log of the fractions in kT (infinite for empty cells), and one standard error.
    """

    fractions: Floats
    errors: Floats

    @property
    def free_energy(self) -> Floats:
        with np.errstate(divide="ignore"):
            return -np.log(self.fractions)

    @property
    def free_energy_errors(self) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.errors / self.fractions


def cell_populations(
    metric: FrameMetric,
    images: Rigid,
    frames: Rigid,
    weights: Floats,
    groups: NDArray[np.integer],
) -> CellPopulations:
    """Count weighted conformers in the cells of a path.

    Parameters
    ----------
    metric : FrameMetric
    images : Rigid, shape (K, L)
    frames : Rigid, shape (N, L)
        Conformers of the same density as the images: noised to its t.
    weights : ndarray, shape (N,)
        With the sum 1.
    groups : ndarray of int, shape (N,)
        Trajectory of each frame, between which errors are estimated (as in
        :func:`~confdiff_widgets.analysis.free_energy`).
    """
    cell = np.concatenate(
        [
            metric.distances(frames[k : k + 1024], images).argmin(-1).cpu().numpy()
            for k in range(0, frames.shape[0], 1024)
        ]
    )
    count = images.shape[0]
    fractions = np.bincount(cell, weights, minlength=count).astype(np.float64)
    names = np.unique(groups)
    variance = np.zeros(count)
    for name in names:
        mine = groups == name
        found = np.bincount(cell[mine], weights[mine], minlength=count)
        variance += np.square(found - fractions * weights[mine].sum())
    factor = len(names) / max(len(names) - 1, 1)
    return CellPopulations(fractions, np.sqrt(factor * variance))
