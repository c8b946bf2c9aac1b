"""Distillation of ∇E_t from other networks into a guidance head.

The target is one of

- s(·, T_hot) - s(·, T_cold) of a thermal network: ∇E_t of E = (β_cold - β_hot) U;
- the difference between the scores of two networks: one trained on the data, and a teacher trained
  by score matching on conformers drawn with probability ∝ e^{-E}, i.e. on the tilted data;
- the gradient of an energy head, which a force head then predicts without differentiation.

In each case the minimiser is that of the exact estimator in
:mod:`confdiff_widgets.training.matching`. The first stage averages out the noise of single samples,
and the second one condenses the result into one network.
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
from ..guidance.registry import kind_of_head
from ..models.network import ScoreNetwork
from .batches import Batch, draw_times
from .objectives import add_noise, gradient_loss, predict

REUSE = 4
"""Average number of uses of a target, which costs several times as much as the head."""

POOL = 32
"""Number of recent targets that are kept for reuse."""


class Target(NamedTuple):
    """Noised conformers and ∇E_t at their positions."""

    batch: Batch
    rigid_t: Rigid
    t: Tensor
    gradient: Score


@dataclass(frozen=True)
class Distillation:
    """Regression of a head's gradient on a teacher's, for positions and orientations.

    The gradient of an energy head is computed by autograd. A quarter of the calls compute a new
    target from the given batch; the others reuse one of the pool.

    Attributes
    ----------
    base, teacher : ScoreNetwork
        Frozen networks: the one of the data, and a thermal network, that of the tilted data, or one
        with an energy head. A thermal teacher does not need the base.
    t_min : float
        Smallest diffusion time.
    """

    base: ScoreNetwork
    teacher: ScoreNetwork
    t_min: float = 0.01
    process: SE3Process = field(default_factory=SE3Process)
    pool: list[Target] = field(default_factory=list, init=False, repr=False, compare=False)

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, dict[str, Tensor]]:
        reuse = torch.randint(REUSE, (), generator=generator) > 0
        if reuse and len(self.pool) == POOL:
            chosen = self.pool[int(torch.randint(POOL, (), generator=generator))]
        else:
            chosen = self._make_target(batch, generator, device)
            self.pool.append(chosen)
            del self.pool[:-POOL]
        batch, rigid_t, t, target = chosen
        if _has_energy(model):
            with sdpa_kernel(SDPBackend.MATH):  # the fused kernels have no second derivative
                predicted = self._differentiate(model, batch, rigid_t, t, create_graph=True)
        else:
            predicted = force_gradient(self.process, predict(model, batch, rigid_t, t), t)
        loss, parts = gradient_loss(self.process, predicted, target, t)
        return loss, {name: part.detach() for name, part in parts.items()}

    @torch.no_grad()
    def _make_target(
        self, batch: Batch, generator: torch.Generator, device: torch.device
    ) -> Target:
        t = draw_times(len(batch.backbone), self.t_min, generator)
        rigid_t, t = add_noise(self.process, batch, t, generator, device)
        evaluate = self._energy_gradient if _has_energy(self.teacher) else self.score_difference
        return Target(batch, rigid_t, t, evaluate(batch, rigid_t, t))

    def _energy_gradient(self, batch: Batch, rigid_t: Rigid, t: Tensor) -> Score:
        """Return ∇E_t of the teacher's energy."""
        gradient = self._differentiate(self.teacher.to(t.device), batch, rigid_t, t)
        assert gradient.rot is not None
        return Score(gradient.trans - gradient.trans.mean(-2, keepdim=True), gradient.rot)

    def _differentiate(
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

    def score_difference(self, batch: Batch, rigid_t: Rigid, t: Tensor) -> Score:
        """Return ∇E_t as the score of the base, or at T_hot, minus that of the teacher."""
        base, hot, cold = self.base, batch, batch
        if self.teacher.config.temperature:
            base = self.teacher
            hot = batch._replace(inverse_temperature=torch.zeros_like(t))
            cold = batch._replace(inverse_temperature=torch.ones_like(t))
        untilted, tilted = (
            self.process.score(
                rigid_t, predict(network.to(t.device), part, rigid_t, t).frames.center(), t
            )
            for network, part in ((base, hot), (self.teacher, cold))
        )
        return Score(untilted.trans - tilted.trans, untilted.rot - tilted.rot)


def _has_energy(model: nn.Module) -> bool:
    return kind_of_head(model.config.head) == "energy"  # type: ignore[union-attr, arg-type]
