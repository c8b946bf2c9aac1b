"""Rigid frames, a rotation and a translation for each residue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .rotations import (
    matrix_to_quat,
    quat_conjugate,
    quat_multiply,
    quat_normalize,
    quat_to_matrix,
)


@dataclass(eq=False)
class Rigid:
    """Rigid transformations x -> R x + T. Do not modify in place.

    Attributes
    ----------
    quat : Tensor, shape (..., 4)
        Unit quaternions (w, x, y, z).
    trans : Tensor, shape (..., 3)
        Translations, the origins of the frames (CA for backbone frames), Å by default.
    """

    quat: Tensor
    trans: Tensor

    @property
    def rotmats(self) -> Tensor:
        """Rotation matrices, shape (..., 3, 3)."""
        return quat_to_matrix(self.quat)

    @property
    def shape(self) -> torch.Size:
        """Batch shape."""
        return self.trans.shape[:-1]

    def __getitem__(self, index: Any) -> Rigid:
        index = index if isinstance(index, tuple) else (index,)
        # the last dimension, of components, is not indexed
        index = (*index, slice(None) if any(i is Ellipsis for i in index) else Ellipsis)
        return Rigid(self.quat[index], self.trans[index])

    def compose(self, other: Rigid) -> Rigid:
        """Compose with another transformation, which is applied first."""
        return Rigid(quat_multiply(self.quat, other.quat), self.apply(other.trans))

    def invert(self) -> Rigid:
        """Return the inverse transformation."""
        inverse = quat_conjugate(self.quat)
        return Rigid(inverse, -_rotate(quat_to_matrix(inverse), self.trans))

    def apply(self, points: Tensor) -> Tensor:
        """Transform points (..., 3) from local to global coordinates."""
        return _rotate(self.rotmats, points) + self.trans

    def invert_apply(self, points: Tensor) -> Tensor:
        """Transform points (..., 3) from global to local coordinates."""
        return _rotate(self.rotmats.transpose(-1, -2), points - self.trans)

    def compose_update(self, update: Tensor) -> Rigid:
        """Compose with a small local update (..., 6): quaternion vector part, then translation.

        The quaternion (1, v) is normalised after the product (AlphaFold 2, supplement, algorithm
        23).
        """
        vector, shift = update[..., :3], update[..., 3:]
        step = torch.cat([torch.ones_like(vector[..., :1]), vector], dim=-1)
        return Rigid(
            quat_normalize(quat_multiply(self.quat, step)),
            self.trans + _rotate(self.rotmats, shift),
        )

    def scale(self, factor: float) -> Rigid:
        """Multiply the translations by a factor."""
        return Rigid(self.quat, self.trans * factor)

    def center(self, mask: Tensor | None = None) -> Rigid:
        """Move the mean translation over residues (second last dimension) to the origin."""
        if mask is None:
            return Rigid(self.quat, self.trans - self.trans.mean(-2, keepdim=True))
        weight = mask[..., None].to(self.trans.dtype)
        mean = (self.trans * weight).sum(-2, keepdim=True) / weight.sum(-2, keepdim=True)
        return Rigid(self.quat, (self.trans - mean) * weight)

    def to(self, *args: Any, **kwargs: Any) -> Rigid:
        """Convert both tensors with `Tensor.to`."""
        return Rigid(self.quat.to(*args, **kwargs), self.trans.to(*args, **kwargs))

    def to_tensor7(self) -> Tensor:
        """Concatenate quaternion and translation, shape (..., 7)."""
        return torch.cat([self.quat, self.trans], dim=-1)

    @classmethod
    def from_tensor7(cls, tensor: Tensor) -> Rigid:
        """Create frames from the output of :meth:`to_tensor7`."""
        return cls(tensor[..., :4], tensor[..., 4:])

    @classmethod
    def from_backbone(cls, n: Tensor, ca: Tensor, c: Tensor) -> Rigid:
        """Create residue frames from backbone atoms, each (..., 3) in Å.

        CA is at the origin, C on the x axis and N in the xy plane (AlphaFold 2, supplement,
        algorithm 21).
        """
        x = _unit(c - ca)
        to_n = n - ca
        y = _unit(to_n - (to_n * x).sum(-1, keepdim=True) * x)
        z = torch.linalg.cross(x, y, dim=-1)
        return cls(matrix_to_quat(torch.stack([x, y, z], dim=-1)), ca)


def _rotate(matrix: Tensor, points: Tensor) -> Tensor:
    return (matrix @ points[..., None]).squeeze(-1)


def _unit(vector: Tensor) -> Tensor:
    return vector / torch.linalg.vector_norm(vector, dim=-1, keepdim=True)
