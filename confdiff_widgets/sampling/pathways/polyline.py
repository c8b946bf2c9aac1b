"""Strings of images: tangents, arc length, equal spacing and interpolation between conformers."""

from __future__ import annotations

import torch
from torch import Tensor

from ...geometry.rigid import Rigid
from .metric import FrameMetric, norm

ROUNDS = 4
"""Rounds of spacing images equally; a round shortens segments that span a corner."""


def arc_lengths(metric: FrameMetric, images: Rigid) -> Tensor:
    """Return the arc length (K,) of each image from the first one, Å."""
    steps = norm(metric.log(images[:-1], images[1:]))
    return torch.cat([torch.zeros_like(steps[:1]), steps.cumsum(0)])


def space_equally(metric: FrameMetric, images: Rigid, count: int | None = None) -> Rigid:
    """Return images at equal distances along the same string; the ends are kept.

    Parameters
    ----------
    images : Rigid, shape (K, L)
    count : int, optional
        Number of images to return. Default: K.
    """
    for _ in range(ROUNDS):
        arc = arc_lengths(metric, images)
        number = len(arc) if count is None else count
        images = points_at(metric, images, arc, torch.linspace(0, 1, number).to(arc) * arc[-1])
    return images


def points_at(metric: FrameMetric, images: Rigid, arc: Tensor, where: Tensor) -> Rigid:
    """Return the points (N, L) of a string with arc lengths ``arc`` (K,) at others (N,)."""
    low = (torch.searchsorted(arc.contiguous(), where.contiguous(), right=True) - 1).clamp(
        0, len(arc) - 2
    )
    span = (arc[low + 1] - arc[low]).clamp_min(1e-12)
    weight = ((where - arc[low]) / span)[:, None, None]
    return metric.exp(images[low], weight * metric.log(images[low], images[low + 1]))


def tangents(metric: FrameMetric, images: Rigid) -> Tensor:
    """Return unit tangents (K, L, 6) by central differences, one-sided at the ends."""
    forward = metric.log(images[:-1], images[1:])
    backward = -metric.log(images[1:], images[:-1])
    found = torch.cat([forward[:1], forward[1:] + backward[:-1], backward[-1:]])
    found = metric.without_rigid_motion(images, found)
    return found / norm(found).clamp_min(1e-12)[:, None, None]


def superposed(metric: FrameMetric, images: Rigid) -> Rigid:
    """Superpose each image on the one before it, for display and files."""
    placed = [images[:1]]
    for k in range(1, images.shape[0]):
        placed.append(metric.align(images[k : k + 1], placed[-1]))
    return Rigid(torch.cat([x.quat for x in placed]), torch.cat([x.trans for x in placed]))
