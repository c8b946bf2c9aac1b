"""The zero-temperature string: images follow the score normal to the path (E et al. 2002).

The fixed point is a minimum free energy path of the density p_t: the score is tangent to it
everywhere (E, Ren, Vanden-Eijnden, Phys. Rev. B 66, 052301).
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...geometry.rigid import Rigid
from .density import PathDensity
from .metric import FrameMetric, inner, norm
from .polyline import arc_lengths, space_equally, tangents


class ZeroTemperatureString:
    """Images that move along the component of the score normal to the path.

    Parameters
    ----------
    density : PathDensity
    images : Rigid, shape (K, L)
        Equally spaced; the ends stay where they are.
    step : float
        Step along the score, in units of the density's step sizes.
    """

    def __init__(self, density: PathDensity, images: Rigid, step: float = 0.5):
        self.density, self.images = density, images
        self._h = (step * density.step_sizes.min()).to(images.trans)
        self.evaluations = 0

    def step(self) -> None:
        """Make one iteration."""
        metric, images = self.density.metric, self.images
        score = self.density(images).score
        self.evaluations += images.shape[0]
        self.slope: Tensor = inner(score, tangents(metric, images))
        along = upwind_tangents(metric, images, self.slope)
        move = self._h * (score - inner(score, along)[:, None, None] * along)
        move[0] = move[-1] = 0
        self.images = space_equally(metric, metric.exp(images, move))

    @property
    def slope_error(self) -> Tensor:
        """Standard error of the slope (K,): 0, because the score is evaluated at the images."""
        return torch.zeros_like(self.slope)


def upwind_tangents(metric: FrameMetric, images: Rigid, slope: Tensor) -> Tensor:
    """Return unit tangents (K, L, 6) that point to the neighbour of lower density.

    With central differences, a string gets kinks where the score along it exceeds the stiffness
    across it. At extrema both neighbours contribute (Henkelman and Jónsson, J. Chem. Phys. 113,
    9978, 2000; the energy is here -log p, integrated from ``slope``).
    """
    spacing = arc_lengths(metric, images)[-1] / (len(slope) - 1)
    up = -0.5 * spacing * (slope[1:] + slope[:-1])  # energy of an image minus that before it
    before, after = -up[:-1], up[1:]  # energies of the neighbours relative to images 1 ... K - 2
    uphill, downhill = (after > 0) & (before <= 0), (after <= 0) & (before > 0)
    larger = torch.maximum(after.abs(), before.abs())
    smaller = torch.minimum(after.abs(), before.abs())
    forward = torch.where(after > before, larger, smaller)
    backward = torch.where(after > before, smaller, larger)
    forward = torch.where(uphill, 1.0, torch.where(downhill, 0.0, forward))
    backward = torch.where(uphill, 0.0, torch.where(downhill, 1.0, backward))
    ahead = metric.log(images[1:-1], images[2:])
    behind = -metric.log(images[1:-1], images[:-2])
    found = tangents(metric, images)
    inside = forward[:, None, None] * ahead + backward[:, None, None] * behind
    found[1:-1] = metric.without_rigid_motion(images[1:-1], inside)
    return found / norm(found).clamp_min(1e-12)[:, None, None]
