"""Guidance heads trained on the scores or the energy of other networks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import EnergyGuidance, ForceGuidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.representations import OneHot
from confdiff_widgets.training.batches import BatchSampler
from confdiff_widgets.training.distillation import POOL, Distillation

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def batch(chignolin_conformers):
    sampler = BatchSampler([chignolin_conformers], [1.0], 240, OneHot())
    return sampler.draw(torch.Generator().manual_seed(2))


class Shifted(nn.Module):
    """A network whose x̂_0 is that of another network plus a known shift."""

    def __init__(self, base: ScoreNetwork, shift: torch.Tensor):
        super().__init__()
        self.base, self.shift, self.config = base, shift, base.config

    def forward(self, rigid, t, **features):
        prediction = self.base(rigid, t, **features)
        frames = Rigid(prediction.frames.quat, prediction.frames.trans + self.shift)
        return prediction._replace(frames=frames)


@pytest.fixture
def base(tiny_network):
    return tiny_network(conditional=True, seed=1)


def loss_of(objective, model, batch, seed=4):
    generator = torch.Generator().manual_seed(seed)
    return objective(model, batch, generator, torch.device("cpu"))


def test_the_target_is_the_difference_of_the_scores(base, batch, tiny_network):
    """A shift of x̂_0 gives a gradient of size α |shift| / σ in scaled units."""
    shift = torch.zeros(10, 3)
    shift[0], shift[9] = torch.tensor([3.0, 0, 0]), torch.tensor([-3.0, 0, 0])
    objective = Distillation(base, Shifted(base, shift))
    head = ScoreNetwork(tiny_network(conditional=True, seed=1, head="gradient").config)
    loss, terms = loss_of(objective, head, batch)
    assert terms["gradient error"] == pytest.approx(1), "a new head predicts 0"
    t = objective.pool[-1].t
    r3 = SE3Process().r3
    level = (r3.alpha(t) ** 2 / r3.variance(t)).mean() * ((shift * r3.scale) ** 2).mean()
    torch.testing.assert_close(loss.detach(), level, rtol=1e-3, atol=1e-5)


def test_the_target_of_an_energy_head_is_its_gradient(base, batch, tiny_network):
    """The target equals ∇E_t of energy guidance with this head."""
    teacher = tiny_network(conditional=True, seed=9, head="energy")
    head = tiny_network(conditional=True, seed=5, head="gradient")
    objective = Distillation(base, teacher)
    loss_of(objective, head, batch)
    _, rigid, t, target = objective.pool[-1]
    features = OneHot()(SEQUENCE)
    for i in range(3):
        one = Rigid(rigid.quat[i : i + 1], rigid.trans[i : i + 1])
        found = EnergyGuidance(ConfDiffModel(teacher, features))(one, float(t[i]))
        assert found.trans.abs().max() > 0
        flat = found.trans[0] - found.trans[0].mean(-2, keepdim=True)
        torch.testing.assert_close(target.trans[i], flat, rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(target.rot[i], found.rot[0], rtol=1e-3, atol=1e-5)


def test_targets_are_reused(base, batch, tiny_network):
    """Once the pool is full, the networks run in a quarter of the steps."""
    objective = Distillation(base, tiny_network(conditional=True, seed=9))
    head = tiny_network(conditional=True, seed=5, head="gradient")
    seen = set()
    for step in range(3 * POOL):
        loss_of(objective, head, batch, seed=step)
        seen.add(id(objective.pool[-1].gradient))
    assert len(objective.pool) == POOL
    assert POOL < len(seen) < 2 * POOL


def test_equal_networks_give_a_zero_target(base, batch, tiny_network):
    head = tiny_network(conditional=True, seed=5, head="gradient")
    loss, terms = loss_of(Distillation(base, base), head, batch)
    assert terms["target"] == 0
    assert loss > 0


@pytest.mark.parametrize("kind", ["gradient", "energy"])
def test_heads_approach_the_target(base, batch, tiny_network, kind):
    """The loss of both kinds of head falls, and the guidance classes accept the result."""
    objective = Distillation(base, tiny_network(conditional=True, seed=9))
    torch.manual_seed(0)
    head = ScoreNetwork(tiny_network(conditional=True, seed=1, head=kind).config)
    optimizer = torch.optim.Adam(head.parameters(), 5e-3)
    before = float(loss_of(objective, head, batch)[0].detach())
    for step in range(60):
        loss, _ = loss_of(objective, head, batch, seed=step)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss_of(objective, head, batch)[0].detach()) < 0.99 * before
    guidance = (EnergyGuidance if kind == "energy" else ForceGuidance)(
        ConfDiffModel(head.requires_grad_(False), OneHot()(SEQUENCE))
    )
    found = guidance(SE3Process().forward(batch.rigid_0, 0.1), 0.1)
    assert found.rot is not None and found.rot.abs().max() > 0
