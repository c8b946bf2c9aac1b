"""Training objectives: score matching, force matching and energy matching."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from ..diffusion.se3 import Score, SE3Process
from ..geometry.rigid import Rigid
from ..guidance.physical import EnergyGradient, force_gradient
from ..models.network import ScoreNetwork
from ..models.score_model import Prediction
from .batches import Batch, draw_times
from .losses import LossWeights, score_matching_loss
from .matching import (
    Estimator,
    batch_weights,
    energy_matching_loss,
    force_matching_loss,
    log_kernel,
    zeta,
)

CONTRAST = 16
"""Number of conformers that share a time and are contrasted in energy matching."""

TINY = 1e-12
"""Smallest mean square of a target: that of networks that agree is 0."""


class Objective(Protocol):
    """Loss of a network on a batch."""

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its terms (0-dimensional), with noise from a CPU ``generator``."""
        ...


@dataclass(frozen=True)
class ScoreMatching:
    """Denoising score matching with auxiliary terms.

    Attributes
    ----------
    losses : LossWeights
    t_min : float
        Smallest diffusion time.
    """

    losses: LossWeights = field(default_factory=LossWeights)
    t_min: float = 0.01
    process: SE3Process = field(default_factory=SE3Process)

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, dict[str, Tensor]]:
        t = draw_times(len(batch.backbone), self.t_min, generator)
        rigid_t, t = add_noise(self.process, batch, t, generator, device)
        return score_matching_loss(
            self.process,
            self.losses,
            predict(model, batch, rigid_t, t),
            rigid_t=rigid_t,
            rigid_0=batch.rigid_0.to(device),
            t=t,
            torsions=batch.torsions.to(device),
            torsion_mask=batch.torsion_mask.to(device),
            backbone=batch.backbone.to(device),
            aatype=batch.aatype,
        )


@dataclass(frozen=True)
class ForceMatching:
    """Regression of a gradient head on ∇E_t, or of a force head on its translational part.

    Attributes
    ----------
    base : ScoreNetwork
        Frozen score network of the distribution that the conformers come from.
    estimator : "exact", "batch" or "released"
        See :mod:`confdiff_widgets.training.matching`.
    t_min : float
        Smallest diffusion time.
    """

    base: ScoreNetwork
    estimator: Estimator = "exact"
    t_min: float = 0.01
    process: SE3Process = field(default_factory=SE3Process)

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, dict[str, Tensor]]:
        assert batch.energy is not None
        size, energy = len(batch.energy), batch.energy.to(device)
        if self.estimator == "exact":
            t = draw_times(size, self.t_min, generator)
        else:  # the kernels of a batch are compared, so all conformers share a time
            t = draw_times(1, self.t_min, generator).expand(size)
        rigid_t, t = add_noise(self.process, batch, t, generator, device)
        with torch.no_grad():
            frames = predict(self.base.to(device), batch, rigid_t, t).frames.center()
            score = self.process.score(rigid_t, frames, t)
            rigid_0 = batch.rigid_0.to(device)
            weights = torch.exp(-energy)
            if self.estimator != "exact":
                weights = torch.ones_like(energy)
                kernel = log_kernel(self.process, rigid_t, rigid_0, float(t[0]))
                shares = batch_weights(kernel, energy, self.estimator)
                # ζ is linear in the positions of x_0.
                mean = torch.einsum("ij,jlc->ilc", shares, rigid_0.trans)
                rigid_0 = Rigid(rigid_0.quat, mean)
            target = zeta(self.process, score, rigid_t, rigid_0, t)
        gradient = force_gradient(self.process, predict(model, batch, rigid_t, t), t)
        loss, parts = gradient_loss(self.process, gradient, target, t, weights)
        return loss, {**parts, "size": _size(gradient.trans)}


@dataclass(frozen=True)
class EnergyMatching:
    """Contrastive training of an energy head on E_t.

    Attributes
    ----------
    t_min : float
        Smallest diffusion time.
    """

    t_min: float = 0.01
    process: SE3Process = field(default_factory=SE3Process)

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, device: torch.device
    ) -> tuple[Tensor, dict[str, Tensor]]:
        assert batch.energy is not None
        size = len(batch.energy)
        share = min(size, CONTRAST)
        t = draw_times(-(-size // share), self.t_min, generator).repeat_interleave(share)[:size]
        rigid_t, t = add_noise(self.process, batch, t, generator, device)
        energy = predict(model, batch, rigid_t, t).energy
        assert energy is not None
        whole = size // share * share
        weights = torch.exp(-batch.energy.to(device))
        loss = energy_matching_loss(energy[:whole].view(-1, share), weights[:whole].view(-1, share))
        return loss, {"energy": loss, "size": energy.std()}


def add_noise(
    process: SE3Process, batch: Batch, t: Tensor, generator: torch.Generator, device: torch.device
) -> tuple[Rigid, Tensor]:
    """Noise the conformers of a batch to times (B,), and return them and the times on a device."""
    # Noise is drawn on the CPU, so that a seed gives the same noise on every device.
    rigid_t = process.forward(batch.rigid_0, t, generator=generator)
    return rigid_t.to(device), t.to(device)


def predict(model: nn.Module, batch: Batch, rigid_t: Rigid, t: Tensor) -> Prediction:
    """Evaluate a network at x_t with the features of a batch."""
    features = batch.features.to(t.device) if batch.features else None
    eta = batch.inverse_temperature
    return model(
        rigid_t,
        t,
        node_repr=features.node if features else None,
        pair_repr=features.pair if features else None,
        inverse_temperature=None if eta is None else eta.to(t.device),
    )


def gradient_loss(
    process: SE3Process,
    gradient: EnergyGradient,
    target: Score,
    t: Tensor,
    weights: Tensor | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the squared error of ∇E_t as a fraction of the target's mean square, and its parts.

    Positions and orientations are normalised apart, because the target of one part may be many
    times smaller than that of the other, and count alike. Within a part, the error at each t is
    relative to the score of the kernel.

    Parameters
    ----------
    process : SE3Process
    gradient : EnergyGradient
        Prediction. Without a part for orientations, only positions are compared.
    target : Score
    t : Tensor, shape (B,)
    weights : Tensor, shape (B,), optional
        e^{-E} of the conformers, with a mean of 1. They weight the errors only: a normalisation
        with them would bias the gradient that is learned.

    Returns
    -------
    loss : Tensor, 0-dimensional
        Sum of the parts.
    parts : dict
        "trans error" and "rot error" (0-dimensional): 1 for a prediction of 0.
    """
    parts = {"trans error": (gradient.trans, target.trans, process.r3.variance(t))}
    if gradient.rot is not None:
        scale = 1 / process.so3.score_scaling(t) ** 2
        parts["rot error"] = (gradient.rot, target.rot, scale)
    errors = {}
    for name, (predicted, wanted, scale) in parts.items():
        weighted = scale if weights is None else scale * weights
        size = force_matching_loss(torch.zeros_like(wanted), wanted, scale)
        errors[name] = force_matching_loss(predicted, wanted, weighted) / size.clamp_min(TINY)
    return torch.stack(list(errors.values())).sum(), errors


def _size(gradient: Tensor) -> Tensor:
    """Return the root mean square of ∇E_t over residues, in scaled units."""
    return gradient.pow(2).sum(-1).mean().sqrt()
