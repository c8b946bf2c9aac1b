"""The rigid motion that lays points on others (Kabsch 1976)."""

from __future__ import annotations

import torch
from torch import Tensor

from .rigid import Rigid
from .rotations import matrix_to_quat

ARM = 1.5
"""Å from a frame's origin to the points that stand for its axes: about a bond."""


def motion_between(points: Tensor, onto: Tensor) -> Rigid:
    """Motion (B,) that brings points (..., P, 3) closest to others (B, P, 3), least squares."""
    centre, centre_onto = points.mean(-2, keepdim=True), onto.mean(-2, keepdim=True)
    covariance = (onto - centre_onto).transpose(-1, -2) @ (points - centre)
    left, _, right = torch.linalg.svd(covariance.double())
    sign = torch.ones(*covariance.shape[:-1], dtype=left.dtype, device=left.device)
    sign[..., 2] = torch.sign(torch.linalg.det(left @ right))  # a rotation, never a mirror
    rotation = ((left * sign[..., None, :]) @ right).to(points.dtype)
    shift = centre_onto - centre @ rotation.transpose(-1, -2)
    return Rigid(matrix_to_quat(rotation), shift[..., 0, :])


def frame_points(frames: Rigid) -> Tensor:
    """Three points (..., 3 L, 3) of each frame (..., L), Å: its origin and two of its axes."""
    axes = frames.rotmats[..., :2].transpose(-1, -2) * ARM  # (..., L, 2, 3)
    origin = frames.trans[..., None, :]
    return torch.cat([origin, origin + axes], dim=-2).flatten(-3, -2)
