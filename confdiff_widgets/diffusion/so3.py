"""Variance-exploding diffusion of residue orientations on SO(3) (method section 1).

R_t = R_0 exp(ω) with ω ~ IGSO3(σ(t)): noise is multiplied from the right, in the body frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from ..geometry.rotations import (
    quat_conjugate,
    quat_multiply,
    quat_to_rotvec,
    rotvec_to_quat,
)
from ..renamed import RenamedAttribute
from .igso3 import IGSO3Tables, igso3_tables
from .times import Time, exp, log


@dataclass(frozen=True)
class SO3Process:
    """Brownian motion on SO(3) with a logarithmic schedule of σ.

    Attributes
    ----------
    sigma_min, sigma_max : float
        σ at t = 0 and t = 1, radian.
    num_sigma, num_omega : int
        Size of the IGSO3 table. σ is taken from the row at or below t, ω is interpolated.
    """

    sigma_min: float = 0.1
    sigma_max: float = 1.5
    num_sigma: int = 1000
    num_omega: int = 1000

    relative = RenamedAttribute("log_map")
    move = RenamedAttribute("exp_map")

    def sigma(self, t: Time) -> Time:
        """Return σ(t) = log(t e^{σ_max} + (1 - t) e^{σ_min}), radian."""
        inside = t * math.exp(self.sigma_max) + (1 - t) * math.exp(self.sigma_min)
        return log(inside)

    def diffusion(self, t: Time) -> Time:
        """Return g(t), with g² = dσ²/dt."""
        sigma = self.sigma(t)
        span = math.exp(self.sigma_max) - math.exp(self.sigma_min)
        return (2 * span * sigma * exp(-sigma)) ** 0.5

    def tables(self, device: torch.device | str = "cpu") -> IGSO3Tables:
        return _tables(self, str(device))

    def table_sigma(self, t: float) -> float:
        """Return σ of the table's row at or below t, to which :meth:`score` belongs, radian.

        A predicted structure follows from a score with this σ: σ² times the score is the rotation
        vector to it. σ(t) itself is up to 5 % larger at small t (``sigma_min`` 0.1; 0.02: 14 %).
        """
        return float(self.tables().sigma[self._row(torch.tensor(t, dtype=torch.float64))])

    def score_scaling(self, t: Tensor | float) -> Tensor:
        """Return the root mean square of a score component at t."""
        t = torch.as_tensor(t)
        return self.tables(t.device).score_scaling[self._row(t)].to(t.dtype)

    def score(self, rotvec: Tensor, t: Tensor | float) -> Tensor:
        """Return the score of IGSO3(σ(t)) at rotation vectors R_0ᵀ R_t.

        Parameters
        ----------
        rotvec : Tensor, shape (B, ..., 3)
            Radian.
        t : float, or Tensor of shape (B,)
            Time, one value for all or one per batch entry.

        Returns
        -------
        Tensor, shape (B, ..., 3)
            (d log f / dω) ω / |ω|.
        """
        tables = self.tables(rotvec.device)
        angle = torch.linalg.vector_norm(rotvec, dim=-1).double()
        row, low, weight = self._place(angle, t)
        size = torch.lerp(tables.score[row, low], tables.score[row, low + 1], weight)
        # Below the first grid angle the score is proportional to the angle.
        first = tables.score[row, 0] / tables.omega[0]
        ratio = torch.where(angle < tables.omega[0], first, size / angle.clamp_min(1e-9))
        return ratio.to(rotvec.dtype)[..., None] * rotvec

    def log_density(self, rotvec: Tensor, t: Tensor | float) -> Tensor:
        """Return log f of IGSO3(σ(t)) at rotation vectors (B, ..., 3); shape (B, ...)."""
        tables = self.tables(rotvec.device)
        row, low, weight = self._place(torch.linalg.vector_norm(rotvec, dim=-1).double(), t)
        weight = weight.clamp_min(0)
        found = torch.lerp(tables.log_density[row, low], tables.log_density[row, low + 1], weight)
        return found.to(rotvec.dtype)

    def log_map(self, quat_0: Tensor, quat_t: Tensor) -> Tensor:
        """Return the rotation vectors of R_0ᵀ R_t, radian."""
        return quat_to_rotvec(quat_multiply(quat_conjugate(quat_0), quat_t))

    def sample(
        self,
        t: Tensor | float,
        shape: tuple[int, ...],
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Sample rotation vectors ``(*shape, 3)`` in radians from IGSO3(σ(t)).

        ``t`` is a scalar or a tensor of shape ``shape[:1]``.
        """
        tables = self.tables(device)
        row = self._row(torch.as_tensor(t, device=device)).expand(shape[0])
        cdf = tables.cdf[row]
        uniform = torch.rand(shape, generator=generator, device=device, dtype=torch.float64)
        flat = uniform.reshape(shape[0], -1)
        high = torch.searchsorted(cdf, flat).clamp(1, self.num_omega - 1)
        below, above = cdf.gather(1, high - 1), cdf.gather(1, high)
        weight = ((flat - below) / (above - below).clamp_min(1e-300)).clamp(0, 1)
        angle = torch.lerp(tables.omega[high - 1], tables.omega[high], weight).view(shape)
        axis = torch.randn(*shape, 3, generator=generator, device=device, dtype=torch.float64)
        axis = axis / torch.linalg.vector_norm(axis, dim=-1, keepdim=True)
        return (angle[..., None] * axis).to(dtype)

    def exp_map(self, quat: Tensor, rotvec: Tensor) -> Tensor:
        """Return R exp(rotvec), a step in the body frame."""
        return quat_multiply(quat, rotvec_to_quat(rotvec))

    def reverse_step(
        self, quat: Tensor, score: Tensor, t: Time, dt: float, noise: Tensor | None
    ) -> Tensor:
        """Make one step of the geodesic random walk from t to t - dt."""
        g = self.diffusion(t)
        step = g**2 * dt * score
        return self.exp_map(quat, step if noise is None else step + g * dt**0.5 * noise)

    def _place(self, angle: Tensor, t: Tensor | float) -> tuple[Tensor, Tensor, Tensor]:
        """Return the row, the lower column and the upper column's weight of angles (B, ...)."""
        row = self._row(torch.as_tensor(t, device=angle.device))
        place = angle * (self.num_omega / math.pi) - 1
        # An index made from NaN would crash a CUDA process; the weight propagates NaN instead.
        low = place.floor().nan_to_num(0.0).clamp(0, self.num_omega - 2).long()
        return row.view(-1, *(1,) * (angle.dim() - 1)), low, place - low

    def _row(self, t: Tensor) -> Tensor:
        """Return the table row at or below t."""
        tables = self.tables(t.device)
        place = torch.bucketize(self.sigma(t.double()), tables.sigma, right=True) - 1
        return place.clamp(0, self.num_sigma - 1)


@cache
def _tables(process: SO3Process, device: str) -> IGSO3Tables:
    grid = torch.linspace(0, 1, process.num_sigma, dtype=torch.float64)
    return igso3_tables(process.sigma(grid), process.num_omega, device)
