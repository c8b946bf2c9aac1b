"""Diffusion of residue frames: positions in R³ and orientations in SO(3), independently."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from ..geometry.rigid import Rigid
from .r3 import R3Process
from .so3 import SO3Process


class Score(NamedTuple):
    """Score ∇ log q_t of a batch of conformers."""

    trans: Tensor  # (B, L, 3) in scaled units (1 / (Å · scale))
    rot: Tensor  # (B, L, 3) body-frame tangent vectors, 1 / radian


@dataclass(frozen=True)
class SE3Process:
    """The forward process q(x_t | x_0) for t in [0, 1]; t = 0 is data."""

    r3: R3Process = field(default_factory=R3Process)
    so3: SO3Process = field(default_factory=SO3Process)

    def prior(
        self,
        batch: int,
        length: int,
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str = "cpu",
    ) -> Rigid:
        """Sample noise at t = 1, centred; positions in Å, shape (batch, length)."""
        trans = torch.randn(batch, length, 3, generator=generator, device=device) / self.r3.scale
        rotvec = self.so3.sample(1.0, (batch, length), generator=generator, device=device)
        identity = torch.zeros(batch, length, 4, device=device)
        identity[..., 0] = 1
        return Rigid(self.so3.exp_map(identity, rotvec), trans).center()

    def forward(
        self,
        rigid: Rigid,
        t: Tensor | float,
        *,
        generator: torch.Generator | None = None,
        mask: Tensor | None = None,
    ) -> Rigid:
        """Noise frames to t (a number, or one per batch entry) and centre them.

        ``rigid`` is (B, L) in Å; ``mask`` (B, L) marks real residues.
        """
        device = rigid.trans.device
        noise = torch.randn(
            rigid.trans.shape, generator=generator, device=device, dtype=rigid.trans.dtype
        )
        rotvec = self.so3.sample(
            t, tuple(rigid.shape), generator=generator, device=device, dtype=rigid.trans.dtype
        )
        time = t[:, None, None] if isinstance(t, Tensor) and t.dim() else t
        trans = self.r3.forward(rigid.center(mask).trans * self.r3.scale, time, noise)
        return Rigid(self.so3.exp_map(rigid.quat, rotvec), trans / self.r3.scale).center(mask)

    def score(self, rigid_t: Rigid, rigid_0: Rigid, t: Tensor | float) -> Score:
        """Return the score at x_t that a prediction of x_0 implies."""
        time = t[:, None, None] if isinstance(t, Tensor) and t.dim() else t
        scale = self.r3.scale
        return Score(
            trans=self.r3.score(rigid_t.trans * scale, rigid_0.trans * scale, time),
            rot=self.so3.score(self.so3.log_map(rigid_0.quat, rigid_t.quat), t),
        )

    def reverse_step(
        self, rigid: Rigid, score: Score, t: float, dt: float, noise: Score | None
    ) -> Rigid:
        """Make one Euler step of the reverse SDE from t to t - dt; without ``noise``, drift only.

        This is the step of the published sampler (a geodesic random walk on SO(3)). The result is
        centred.
        """
        trans = self.r3.reverse_step(
            rigid.trans * self.r3.scale, score.trans, t, dt, noise.trans if noise else None
        )
        quat = self.so3.reverse_step(rigid.quat, score.rot, t, dt, noise.rot if noise else None)
        return Rigid(quat, trans / self.r3.scale).center()
