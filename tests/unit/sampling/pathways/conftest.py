"""Densities with exact scores: one residue in an external field."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.sampling.pathways.density import DensityScore
from confdiff_widgets.sampling.pathways.metric import FrameMetric


class ExactDensity:
    """A density of the position (3,) and orientation (4,) of one residue, by automatic gradients.

    Parameters
    ----------
    log_density : callable
        Of positions (B, 3) and unit quaternions (B, 4).
    step_sizes : sequence of 6 float
    rotation_length : float
    """

    def __init__(self, log_density: Callable[[Tensor, Tensor], Tensor], step_sizes, ell=1.0):
        self.log_density, self.metric = log_density, FrameMetric(ell, invariant=False)
        self.step_sizes = torch.tensor(step_sizes, dtype=torch.float64)

    def __call__(self, frames: Rigid) -> DensityScore:
        with torch.inference_mode(False), torch.enable_grad():
            tangent = torch.zeros(*frames.shape, 6, dtype=torch.float64, requires_grad=True)
            moved = self.metric.exp(Rigid(frames.quat.clone(), frames.trans.clone()), tangent)
            value = self.log_density(moved.trans[:, 0], moved.quat[:, 0]).sum()
            (score,) = torch.autograd.grad(value, tangent)
        return DensityScore(score, frames)

    def enter(self, structures: Rigid) -> Rigid:
        return structures


@pytest.fixture(scope="session")
def exact_density() -> type[ExactDensity]:
    return ExactDensity


@pytest.fixture(scope="session")
def at_points() -> Callable[..., Rigid]:
    """Return a function that makes frames (P, 1) from positions (P, 3)."""

    def make(points) -> Rigid:
        trans = torch.tensor(points, dtype=torch.float64)[:, None]
        quat = torch.zeros(len(trans), 1, 4, dtype=torch.float64)
        quat[..., 0] = 1
        return Rigid(quat, trans)

    return make
