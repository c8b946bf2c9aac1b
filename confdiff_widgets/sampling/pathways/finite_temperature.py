"""The finite-temperature string: each image is the mean of the samples of its Voronoi cell.

The fixed point is a principal curve of the density (E, Ren, Vanden-Eijnden, J. Phys. Chem. B 109,
6688, 2005; with Voronoi cells: Vanden-Eijnden and Venturoli, J. Chem. Phys. 130, 194103, 2009).

Samples are drawn by overdamped Langevin dynamics with the step of Leimkuhler and Matthews (Appl.
Math. Res. eXpress 2013, 34), x + h s + √(2h) (ξ + ξ') / 2 with ξ the noise of the step and ξ' that
of the step before, whose variance in a harmonic well is exact at any stable h. Moves that leave the
cell are rejected, which keeps the equilibrium inside of it. The noise is drawn in the frame of each
residue, so that paths do not depend on how the input is oriented.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...geometry.rigid import Rigid
from ..initial_state import generator_for
from .density import PathDensity
from .metric import inner
from .polyline import arc_lengths, space_equally, tangents

SMOOTHING = 0.5
"""Weight of the neighbours in a move of an image, which removes kinks of the noise.

It shifts an image by the curvature of the path times its squared spacing, which vanishes for many
images.
"""

LARGEST_BEND = 0.9
"""Largest correction of the weight of a sample for the curvature of the string."""

FIRST_SAMPLES = 10
"""Samples that the initial position of an image counts as in the mean of its cell."""

BLOCKS = 8
"""Blocks of iterations for the errors of the mean force."""


class FiniteTemperatureString:
    """Images that follow the mean of restrained samples.

    Parameters
    ----------
    density : PathDensity
    images : Rigid, shape (K, L)
        Equally spaced; the ends stay where they are.
    walkers : int
        Samples per image, M.
    seed : int
    step : float
        Time step of the dynamics in units of the density's step sizes.
    memory : int
        Iterations over which the mean of a cell is taken. It follows the samples closely at first
        and slowly in the end.
    """

    def __init__(
        self,
        density: PathDensity,
        images: Rigid,
        walkers: int,
        seed: int,
        step: float = 0.5,
        memory: int = 100,
    ):
        self.density, self.images, self.walkers, self.seed = density, images, walkers, seed
        self.memory, self.iteration, self.evaluations = memory, 0, 0
        self._h = (step * density.step_sizes).to(images.trans)
        count = images.shape[0]
        self._cell = torch.arange(count, device=images.trans.device).repeat_interleave(walkers)
        self.samples = images[self._cell]
        self._noise = self._draw(-2)
        self._sums = torch.zeros(0, count, 2)

    def step(self) -> None:
        """Move all samples once, then all images."""
        score = self.density(self.samples).score
        self.evaluations += self.samples.shape[0]
        along = tangents(self.density.metric, self.images)
        self._record(score, along)
        self._move_samples(score)
        self._move_images(along)
        self.iteration += 1

    @property
    def slope(self) -> Tensor:
        """Mean of the score along the path in each cell (K,), 1/Å.

        The first half of the iterations, in which the string relaxes, is left out.
        """
        total = self._averaged.sum(0)
        return total[:, 0] / total[:, 1].clamp_min(1)

    @property
    def slope_error(self) -> Tensor:
        """Standard error of the slope (K,) from blocks of time; infinite below 32 iterations."""
        if len(self._averaged) < 2 * BLOCKS:
            return torch.full_like(self.slope, torch.inf)
        blocks = [part.sum(0) for part in self._averaged.tensor_split(BLOCKS)]
        means = torch.stack([part[:, 0] / part[:, 1].clamp_min(1) for part in blocks])
        return means.std(0) / len(blocks) ** 0.5

    @property
    def _averaged(self) -> Tensor:
        return self._sums[len(self._sums) // 2 :]

    def _move_samples(self, score: Tensor) -> None:
        metric, here = self.density.metric, self.samples
        noise = self._draw()
        kick = (0.5 * self._h).sqrt() * (noise + self._noise)
        trans = (here.rotmats @ kick[..., :3, None])[..., 0]
        move = self._h * score + torch.cat([trans, kick[..., 3:]], dim=-1)
        there = metric.exp(here, metric.without_rigid_motion(here, move))
        stays = metric.distances(there, self.images).argmin(-1) == self._cell
        self.samples = _where(stays, there, here)
        self._noise = torch.where(stays[:, None, None], noise, self._draw(1))

    def _move_images(self, along: Tensor) -> None:
        metric, count = self.density.metric, self.images.shape[0]
        offset = metric.log(self.images[self._cell], self.samples)
        bend = self._curvature()[self._cell]
        # the mean on the normal plane: a cell is wider outside of a bend than inside
        weight = 1 + inner(offset, bend).clamp(-LARGEST_BEND, LARGEST_BEND)
        pull = weight[:, None, None] * offset
        mean = pull.view(count, self.walkers, *offset.shape[1:]).mean(1)
        gain = 1 / min(self.iteration + FIRST_SAMPLES, self.memory)
        spacing = self._spacing()
        move = gain * (mean + SMOOTHING * spacing**2 * self._curvature())
        move = move - inner(move, along)[:, None, None] * along
        move[0] = move[-1] = 0
        self.images = space_equally(metric, metric.exp(self.images, move))
        outside = metric.distances(self.samples, self.images).argmin(-1) != self._cell
        self.samples = _where(outside, self.images[self._cell], self.samples)

    def _record(self, score: Tensor, along: Tensor) -> None:
        """Add the forces along the path; those at the ends only from half a spacing around them."""
        count = len(along)
        offset = self.density.metric.log(self.images[self._cell], self.samples)
        force = inner(score, along[self._cell])
        place = inner(offset, along[self._cell]).abs()
        at_end = (self._cell == 0) | (self._cell == count - 1)
        used = (~at_end | (place <= self._spacing() / 2)).to(force)
        sums = torch.stack([(force * used).view(count, -1).sum(1), used.view(count, -1).sum(1)], -1)
        self._sums = torch.cat([self._sums.to(sums), sums[None]])

    def _spacing(self) -> Tensor:
        return arc_lengths(self.density.metric, self.images)[-1] / (self.images.shape[0] - 1)

    def _curvature(self) -> Tensor:
        """Return the curvature vectors (K, L, 6) of the string, 1/Å; 0 at the ends."""
        metric, inside = self.density.metric, self.images[1:-1]
        found = torch.zeros(*self.images.shape, 6).to(self.images.trans)
        sides = metric.log(inside, self.images[2:]) + metric.log(inside, self.images[:-2])
        found[1:-1] = sides / self._spacing() ** 2
        return found

    def _draw(self, part: int = 0) -> Tensor:
        generator = generator_for(self.seed, 2 * self.iteration + part, self.images.trans.device)
        shape = (len(self._cell), self.images.shape[-1], 6)
        return torch.randn(
            shape, generator=generator, device=self.images.trans.device, dtype=self._h.dtype
        )


def _where(condition: Tensor, a: Rigid, b: Rigid) -> Rigid:
    chosen = condition[:, None, None]
    return Rigid(torch.where(chosen, a.quat, b.quat), torch.where(chosen, a.trans, b.trans))
