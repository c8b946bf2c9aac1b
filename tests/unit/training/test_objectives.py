"""Objectives of guidance heads for Gaussian chains, whose E_t and ∇E_t are known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.models.score_model import Prediction
from confdiff_widgets.training.batches import Batch
from confdiff_widgets.training.objectives import EnergyMatching, ForceMatching

R3 = SE3Process().r3
LENGTH = 3


class Chain:
    """Centred CA positions N(0, spread²) with E = Σ |x - centre|² / (2 width²), in Å."""

    spread, width = 3.0, 5.0
    centre = torch.tensor([[2.0, 0, 0], [-1.0, 1.0, 0], [-1.0, -1.0, 0]])

    def batch(self, size: int) -> Batch:
        generator = torch.Generator().manual_seed(3)
        trans = self.spread * torch.randn(size, LENGTH, 3, generator=generator)
        trans = trans - trans.mean(1, keepdim=True)
        energy = ((trans - self.centre) ** 2).sum((1, 2)) / (2 * self.width**2)
        energy = energy + torch.logsumexp(-energy, 0) - math.log(size)
        empty = torch.zeros(size, LENGTH, 0)
        rigid = Rigid(identity(size), trans)
        return Batch("chain", rigid, empty, empty[0], empty, torch.zeros(LENGTH), None, energy)

    def tilted(self) -> tuple[Tensor, float]:
        variance = 1 / (1 / self.spread**2 + 1 / self.width**2)
        return self.centre * variance / self.width**2, math.sqrt(variance)

    def score(self, trans: Tensor, t: Tensor, mean: Tensor | float, spread: float) -> Tensor:
        """Return the score of the noised normal distribution, in scaled units."""
        alpha = R3.alpha(t)[:, None, None]
        variance = (0.1 * alpha * spread) ** 2 + R3.variance(t)[:, None, None]
        return 0.1 * (alpha * mean - trans) / variance

    def gradient(self, trans: Tensor, t: Tensor) -> Tensor:
        return self.score(trans, t, 0.0, self.spread) - self.score(trans, t, *self.tilted())

    def energy(self, trans: Tensor, t: Tensor) -> Tensor:
        """Return E_t, up to a constant for each t."""

        def log_density(mean: Tensor | float, spread: float) -> Tensor:
            alpha = R3.alpha(t)[:, None, None]
            variance = (alpha * spread) ** 2 + 100 * R3.variance(t)[:, None, None]
            return -((trans - alpha * mean) ** 2 / (2 * variance)).sum((1, 2))

        return log_density(0.0, self.spread) - log_density(*self.tilted())


def identity(size: int) -> Tensor:
    quat = torch.zeros(size, LENGTH, 4)
    quat[..., 0] = 1
    return quat


class Network(nn.Module):
    """The exact score network of the chain, with heads that predict ``factor`` times ∇E_t."""

    def __init__(self, factor: float):
        super().__init__()
        self.chain, self.factor = Chain(), factor

    def forward(self, rigid: Rigid, t: Tensor, **_: object) -> Prediction:
        alpha = R3.alpha(t)[:, None, None]
        score = self.chain.score(rigid.trans, t, 0.0, self.chain.spread)
        mean = R3.data_prediction(0.1 * rigid.trans, score, t[:, None, None]) / 0.1
        shift = self.factor * self.chain.gradient(rigid.trans, t) / alpha
        head = shift + 0.1 * mean
        return Prediction(
            Rigid(identity(len(t)), mean),
            torch.zeros(len(t), LENGTH, 7, 2),
            (head, head),
            self.factor * self.chain.energy(rigid.trans, t),
        )


def loss(objective, factor: float, size: int) -> float:
    generator = torch.Generator().manual_seed(8)
    value, terms = objective(Network(factor), Chain().batch(size), generator, torch.device("cpu"))
    assert all(term.isfinite() for term in terms.values())
    return value.double().item()


def best_factor(estimator: str, size: int, t_min: float) -> float:
    """Return the multiple of the exact ∇E_t at which the loss, a parabola, is lowest."""
    objective = ForceMatching(Network(0.0), estimator, t_min)
    low, middle, high = (loss(objective, factor, size) for factor in (0.0, 1.0, 2.0))
    return 1 + (low - high) / (2 * (high - 2 * middle + low))


def test_force_matching_finds_the_gradient():
    assert best_factor("exact", 20_000, 0.01) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(("estimator", "expected"), [("batch", 1.0), ("released", 3.78)])
def test_estimates_from_overlapping_kernels(monkeypatch, estimator, expected):
    """For concentric Gaussians the released estimate is too large by v / (v - v*)."""
    monkeypatch.setattr(Chain, "centre", torch.zeros(LENGTH, 3))
    assert best_factor(estimator, 500, 0.3) == pytest.approx(expected, rel=0.2)


def test_energy_matching_finds_the_energy():
    """The contrastive loss is convex in the factor, with its minimum at 1."""
    objective = EnergyMatching(0.01)
    values = {f: loss(objective, f, 20_000) for f in (0.0, 0.6, 0.8, 1.0, 1.2, 1.4, 2.0)}
    assert min(values, key=values.get) in (0.8, 1.0, 1.2)
    assert values[1.0] < min(values[0.6], values[1.4]) < min(values[0.0], values[2.0])


def test_energy_matching_accepts_any_batch_size():
    objective = EnergyMatching(0.1)
    for size in (2, 15, 16, 17, 40):
        assert math.isfinite(loss(objective, 1.0, size))
