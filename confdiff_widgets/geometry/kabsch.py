"""Optimal superposition of point sets (Kabsch, Acta Cryst. A 34, 827, 1978)."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .rigid import Rigid
from .rotations import matrix_to_quat

FRAME_ARM = 1.5
"""Distance (Å) from a frame's origin to the points that represent its axes: about a bond length."""

Array = TypeVar("Array", NDArray[np.float64], Tensor)


def kabsch_rotation(covariance: Array) -> Array:
    """Compute the proper rotation R that maximises tr(Rᵀ H), one for each matrix H.

    For centred points with H = Σ y xᵀ, R rotates the points x onto the points y with the least
    mean squared distance. With H = U S Vᵀ the maximum is R = U Vᵀ, or U diag(1, 1, -1) Vᵀ where
    the former is a reflection.

    Parameters
    ----------
    covariance : ndarray or Tensor, shape (..., 3, 3)
        H, in double precision.

    Returns
    -------
    ndarray or Tensor, shape (..., 3, 3)
    """
    # NumPy and PyTorch share the names of these functions
    linalg = torch.linalg if isinstance(covariance, Tensor) else np.linalg
    u, _, vt = linalg.svd(covariance)
    rotation = u @ vt
    reflected = linalg.det(rotation) < 0
    return rotation - 2.0 * reflected[..., None, None] * (u[..., :, 2:] @ vt[..., 2:, :])


def kabsch_transform(points: Tensor, target: Tensor) -> Rigid:
    """Compute the rigid motions (B,) that superpose points (..., P, 3) on targets (B, P, 3)."""
    centre, target_centre = points.mean(-2, keepdim=True), target.mean(-2, keepdim=True)
    covariance = (target - target_centre).transpose(-1, -2) @ (points - centre)
    rotation = kabsch_rotation(covariance.double()).to(points.dtype)
    shift = target_centre - centre @ rotation.transpose(-1, -2)
    return Rigid(matrix_to_quat(rotation), shift[..., 0, :])


def frame_points(frames: Rigid) -> Tensor:
    """Represent each frame (..., L) by three points, shape (..., 3 L, 3) in Å.

    The points are the frame's origin and one point on each of its first two axes, so that
    superposing them superposes positions and orientations together.
    """
    axes = frames.rotmats[..., :2].transpose(-1, -2) * FRAME_ARM  # (..., L, 2, 3)
    origin = frames.trans[..., None, :]
    return torch.cat([origin, origin + axes], dim=-2).flatten(-3, -2)
