"""Metric of backbone frames for paths: Å² for positions, ℓ² rad² for orientations.

A tangent vector at frames x has the components (Å, ℓ · rad): the displacement of each position, and
ℓ times the rotation vector in the body frame of the residue. Its squared length is the plain sum of
squares, so that ℓ says how many Å a rotation of one radian counts as.

Two conformers are compared after the rigid motion that minimises

    d²(x, y) = Σ_i |T_i - T'_i|² + 2 ℓ² (1 - cos θ_i),

with θ_i the angle between the orientations of residue i. For small θ this is the squared length of
the tangent vector from x to y. The minimum has a closed form (Kabsch 1978), because it is that of
the point sets (T_i, ℓ R_i / √2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...geometry.kabsch import kabsch_rotation
from ...geometry.rigid import Rigid
from ...geometry.rotations import (
    matrix_to_quat,
    quat_conjugate,
    quat_multiply,
    quat_to_rotvec,
    rotvec_to_quat,
)


@dataclass(frozen=True)
class FrameMetric:
    """Distances, tangent vectors and geodesics of backbone frames (..., L).

    Attributes
    ----------
    rotation_length : float
        ℓ, Å per radian.
    invariant : bool
        Whether rigid motions of a conformer do not count. False for a density in an external
        field, whose residues are not superposed.
    """

    rotation_length: float
    invariant: bool = True

    def align(self, mobile: Rigid, target: Rigid) -> Rigid:
        """Superpose frames on others, batch by batch; centred on the target."""
        if not self.invariant:
            return mobile
        centre = target.trans.mean(-2, keepdim=True)
        x, y = self._points(mobile), self._points(target)
        rotation = kabsch_rotation((y.transpose(-1, -2) @ x).double()).to(x.dtype)
        trans = (mobile.trans - mobile.trans.mean(-2, keepdim=True)) @ rotation.transpose(-1, -2)
        quat = quat_multiply(matrix_to_quat(rotation)[..., None, :], mobile.quat)
        return Rigid(quat, trans + centre)

    def distances(self, x: Rigid, images: Rigid) -> Tensor:
        """Return d (N, K) in Å from conformers (N, L) to images (K, L)."""
        a, b = self._points(x).double(), self._points(images).double()
        squares = a.square().sum((-1, -2))[:, None] + b.square().sum((-1, -2))
        covariance = torch.einsum("npi,kpj->nkij", a, b)
        if self.invariant:
            values = torch.linalg.svdvals(covariance)
            sign = torch.where(torch.linalg.det(covariance) < 0, -1.0, 1.0)
            overlap = values[..., 0] + values[..., 1] + sign * values[..., 2]
        else:
            overlap = covariance.diagonal(dim1=-2, dim2=-1).sum(-1)
        return (squares - 2 * overlap).clamp_min(0).sqrt()

    def log(self, x: Rigid, y: Rigid) -> Tensor:
        """Return the tangent vectors (..., L, 6) at x that point to y, superposed on x."""
        y = self.align(y, x)
        rotvec = quat_to_rotvec(quat_multiply(quat_conjugate(x.quat), y.quat))
        return torch.cat([y.trans - x.trans, self.rotation_length * rotvec], dim=-1)

    def exp(self, x: Rigid, tangent: Tensor) -> Rigid:
        """Return the frames that a tangent vector (..., L, 6) at x leads to."""
        rotvec = tangent[..., 3:] / self.rotation_length
        return Rigid(quat_multiply(x.quat, rotvec_to_quat(rotvec)), x.trans + tangent[..., :3])

    def without_rigid_motion(self, x: Rigid, tangent: Tensor) -> Tensor:
        """Project tangent vectors on the complement of rigid motions of the whole chain."""
        if not self.invariant:
            return tangent
        trans = tangent[..., :3] - tangent[..., :3].mean(-2, keepdim=True)
        arm = x.trans - x.trans.mean(-2, keepdim=True)
        rotmats, length = x.rotmats, self.rotation_length
        turn = (rotmats @ tangent[..., 3:, None])[..., 0]  # in the global frame
        momentum = torch.linalg.cross(arm, trans, dim=-1).sum(-2) + length * turn.sum(-2)
        identity = torch.eye(3, dtype=arm.dtype, device=arm.device)
        inertia = (
            arm.square().sum((-1, -2))[..., None, None] * identity
            - arm.transpose(-1, -2) @ arm
            + length**2 * arm.shape[-2] * identity
        )
        omega = torch.linalg.solve(inertia, momentum)[..., None, :].expand_as(arm)
        body = (rotmats.transpose(-1, -2) @ omega[..., None])[..., 0]
        return torch.cat(
            [trans - torch.linalg.cross(omega, arm, dim=-1), tangent[..., 3:] - length * body], -1
        )

    def _points(self, x: Rigid) -> Tensor:
        """Return the point sets (..., 4 L, 3) whose distance is that of the frames."""
        trans = x.trans - x.trans.mean(-2, keepdim=True) if self.invariant else x.trans
        axes = x.rotmats.transpose(-1, -2) * (self.rotation_length / math.sqrt(2))
        return torch.cat([trans[..., None, :], axes], dim=-2).flatten(-3, -2)


def inner(a: Tensor, b: Tensor) -> Tensor:
    """Return the inner products of tangent vectors (..., L, 6)."""
    return (a * b).sum((-1, -2))


def norm(tangent: Tensor) -> Tensor:
    """Return the lengths of tangent vectors (..., L, 6), Å."""
    return inner(tangent, tangent).sqrt()
