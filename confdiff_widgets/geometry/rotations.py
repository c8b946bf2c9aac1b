"""Rotations as unit quaternions (w, x, y, z), matrices and rotation vectors.

All functions are batched over leading dimensions, and differentiable wherever the map is. The
logarithm uses half angles and is accurate near the identity and near rotations by π.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def quat_multiply(a: Tensor, b: Tensor) -> Tensor:
    """Multiply quaternions ``(..., 4)``; the product applies ``b`` first, then ``a``."""
    aw, av = a[..., :1], a[..., 1:]
    bw, bv = b[..., :1], b[..., 1:]
    w = aw * bw - (av * bv).sum(-1, keepdim=True)
    cross = torch.linalg.cross(*torch.broadcast_tensors(av, bv), dim=-1)
    v = aw * bv + bw * av + cross
    return torch.cat([w, v], dim=-1)


def quat_conjugate(q: Tensor) -> Tensor:
    """Invert unit quaternions ``(..., 4)``."""
    return torch.cat([q[..., :1], -q[..., 1:]], dim=-1)


def quat_normalize(q: Tensor) -> Tensor:
    """Scale quaternions ``(..., 4)`` to unit length."""
    return q / torch.linalg.vector_norm(q, dim=-1, keepdim=True)


def quat_to_matrix(q: Tensor) -> Tensor:
    """Convert unit quaternions ``(..., 4)`` to rotation matrices ``(..., 3, 3)``."""
    w, x, y, z = q.unbind(-1)
    xx, yy, zz = x * x, y * y, z * z
    xy, xz, yz = x * y, x * z, y * z
    wx, wy, wz = w * x, w * y, w * z
    rows = (
        1 - 2 * (yy + zz), 2 * (xy - wz), 2 * (xz + wy),
        2 * (xy + wz), 1 - 2 * (xx + zz), 2 * (yz - wx),
        2 * (xz - wy), 2 * (yz + wx), 1 - 2 * (xx + yy),
    )  # fmt: skip
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def matrix_to_quat(m: Tensor) -> Tensor:
    """Convert rotation matrices ``(..., 3, 3)`` to unit quaternions ``(..., 4)``.

    Of four equivalent formulas, the one with the largest denominator is used, which has full
    precision at every angle (Shepperd 1978).
    """
    m00, m01, m02, m10, m11, m12, m20, m21, m22 = m.flatten(-2).unbind(-1)
    squares = torch.stack(
        [1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22], -1
    )
    candidates = torch.stack(
        [
            torch.stack([squares[..., 0], m21 - m12, m02 - m20, m10 - m01], -1),
            torch.stack([m21 - m12, squares[..., 1], m10 + m01, m02 + m20], -1),
            torch.stack([m02 - m20, m10 + m01, squares[..., 2], m12 + m21], -1),
            torch.stack([m10 - m01, m20 + m02, m21 + m12, squares[..., 3]], -1),
        ],
        dim=-2,
    )
    best = squares.argmax(-1, keepdim=True)[..., None].expand(*squares.shape[:-1], 1, 4)
    return quat_normalize(candidates.gather(-2, best).squeeze(-2))


def rotvec_to_quat(v: Tensor) -> Tensor:
    """Map rotation vectors ``(..., 3)`` (radian) to unit quaternions ``(..., 4)`` (exponential)."""
    half = 0.5 * torch.linalg.vector_norm(v, dim=-1, keepdim=True)
    # torch.sinc(x) = sin(pi x) / (pi x), smooth at 0
    return torch.cat([torch.cos(half), 0.5 * torch.sinc(half / math.pi) * v], dim=-1)


def quat_to_rotvec(q: Tensor) -> Tensor:
    """Map unit quaternions to rotation vectors ``(..., 3)`` with angles in [0, π] (logarithm)."""
    q = torch.where(q[..., :1] < 0, -q, q)
    w, v = q[..., :1], q[..., 1:]
    # the lower bound keeps the gradient finite at the identity, where the ratio tends to 2
    sine = torch.sqrt((v * v).sum(-1, keepdim=True).clamp_min(1e-14))
    return 2 * torch.atan2(sine, w) / sine * v


def random_quat(
    shape: tuple[int, ...],
    *,
    generator: torch.Generator | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Draw unit quaternions ``(*shape, 4)`` uniformly from SO(3)."""
    return quat_normalize(torch.randn(*shape, 4, generator=generator, device=device, dtype=dtype))
