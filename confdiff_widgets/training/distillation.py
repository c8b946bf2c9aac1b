"""Distillation of ∇E_t from other networks into a guidance head.

Either the data's network and one of the data tilted by e^{-E}: their scores differ by ∇E_t, and a
network that learned conformers drawn with probability ∝ e^{-E} by score matching has the score of
the tilted data. Or an energy head, whose gradient a force head says without differentiation.

Both are the exact estimator of :mod:`confdiff_widgets.training.matching` in two steps, with the
same minimiser: the first takes the noise of the single samples away, and the second makes one small
network of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..diffusion.se3 import Score, SE3Process
from ..geometry.rigid import Rigid
from ..guidance.physical import EnergyGradient, differentiate_energy, force_gradient
from ..models.network import ScoreNetwork
from .batches import Batch, draw_times
from .objectives import gradient_loss, noised, predict

REUSE = 4
"""Number of uses of a noised batch: the two networks cost several times as much as the head."""

POOL = 32
"""Number of noised batches kept for another use."""


class Noised(NamedTuple):
    """Noised conformers and their ∇E_t."""

    batch: Batch
    rigid_t: Rigid
    t: Tensor
    target: Score


@dataclass(frozen=True)
class Distillation:
    """Regression of a head's gradient on a teacher's, for positions and orientations.

    The gradient of an energy head is taken by autograd. Every fourth call noises the given batch;
    the others take one of the latest again.

    Attributes
    ----------
    base, teacher : ScoreNetwork
        Frozen: the network of the data, and that of the tilted data or one with an energy head.
    t_min : float
        Smallest time.
    """

    base: ScoreNetwork
    teacher: ScoreNetwork
    t_min: float = 0.01
    process: SE3Process = field(default_factory=SE3Process)
    pool: list[Noised] = field(default_factory=list, init=False, repr=False, compare=False)

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, dict[str, Tensor]]:
        again = torch.randint(REUSE, (), generator=generator) > 0
        if again and len(self.pool) == POOL:
            chosen = self.pool[int(torch.randint(POOL, (), generator=generator))]
        else:
            chosen = self._noise(batch, generator, device)
            self.pool.append(chosen)
            del self.pool[:-POOL]
        batch, rigid_t, t, target = chosen
        if _has_energy(model):
            with sdpa_kernel(SDPBackend.MATH):  # the fast kernels cannot be derived twice
                found = self._differentiated(model, batch, rigid_t, t, create_graph=True)
        else:
            found = force_gradient(self.process, predict(model, batch, rigid_t, t), t)
        even = torch.ones_like(t)
        loss = gradient_loss(self.process, found, target, t, even)
        still = found._replace(
            trans=torch.zeros_like(found.trans),
            rot=None if found.rot is None else torch.zeros_like(found.rot),
        )
        with torch.no_grad():
            nothing = gradient_loss(self.process, still, target, t, even)
        return loss, {"gradient error": loss.detach() / nothing, "target": nothing}

    @torch.no_grad()
    def _noise(self, batch: Batch, generator: torch.Generator, device: torch.device) -> Noised:
        t = draw_times(len(batch.backbone), self.t_min, generator)
        rigid_t, t = noised(self.process, batch, t, generator, device)
        says = self._gradient if _has_energy(self.teacher) else self._difference
        return Noised(batch, rigid_t, t, says(batch, rigid_t, t))

    def _gradient(self, batch: Batch, rigid_t: Rigid, t: Tensor) -> Score:
        """Return ∇E_t of the teacher's energy."""
        found = self._differentiated(self.teacher.to(t.device), batch, rigid_t, t)
        assert found.rot is not None
        return Score(found.trans - found.trans.mean(-2, keepdim=True), found.rot)

    def _differentiated(
        self,
        model: nn.Module,
        batch: Batch,
        rigid_t: Rigid,
        t: Tensor,
        *,
        create_graph: bool = False,
    ) -> EnergyGradient:
        return differentiate_energy(
            self.process,
            lambda moved: predict(model, batch, moved, t),
            rigid_t,
            rotations=True,
            create_graph=create_graph,
        )

    def _difference(self, batch: Batch, rigid_t: Rigid, t: Tensor) -> Score:
        """Return ∇E_t as s_base - s_teacher."""
        base, teacher = (
            self.process.score(
                rigid_t, predict(network.to(t.device), batch, rigid_t, t).frames.center(), t
            )
            for network in (self.base, self.teacher)
        )
        return Score(base.trans - teacher.trans, base.rot - teacher.rot)


def _has_energy(model: nn.Module) -> bool:
    return model.config.head == "energy"  # type: ignore[union-attr]
