"""Guidance heads trained on the scores or the energy of other networks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from confdiff_widgets.diffusion.se3 import Score, SE3Process
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import EnergyGuidance, ForceGuidance
from confdiff_widgets.guidance.physical import EnergyGradient
from confdiff_widgets.guidance.temperature import TemperatureGuidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.representations import OneHot
from confdiff_widgets.training.batches import BatchSampler
from confdiff_widgets.training.distillation import POOL, Distillation
from confdiff_widgets.training.objectives import gradient_loss

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
    _, terms = loss_of(objective, head, batch)
    assert terms["trans error"] == pytest.approx(1), "a new head predicts 0"
    _, _, t, target = objective.pool[-1]
    r3 = SE3Process().r3
    wanted = r3.alpha(t)[:, None, None] / r3.variance(t)[:, None, None] * shift * r3.scale
    torch.testing.assert_close(target.trans, -wanted, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(target.rot, torch.zeros_like(target.rot))


def test_positions_and_orientations_count_alike(base, batch, tiny_network):
    """A part with a target that is a thousand times smaller has the same weight in the loss."""
    teacher = tiny_network(conditional=True, seed=9)
    head = tiny_network(conditional=True, seed=5, head="gradient")
    objective = Distillation(base, teacher)
    loss_of(objective, head, batch)
    _, _, t, target = objective.pool[-1]
    predicted = EnergyGradient(0.5 * target.trans, 0.5 * target.rot)
    small = Score(target.trans, 1e-3 * target.rot)
    for wanted in (target, small):
        shrunk = EnergyGradient(0.5 * wanted.trans, 0.5 * wanted.rot)
        loss, parts = gradient_loss(objective.process, shrunk, wanted, t)
        assert parts["trans error"] == pytest.approx(0.25, rel=1e-4)
        assert parts["rot error"] == pytest.approx(0.25, rel=1e-4)
        assert loss == pytest.approx(0.5, rel=1e-4)
    positions, parts = gradient_loss(objective.process, predicted._replace(rot=None), target, t)
    assert list(parts) == ["trans error"] and positions == pytest.approx(0.25, rel=1e-4)


def test_the_target_of_a_thermal_teacher(batch, tiny_network):
    """s(·, T_hot) - s(·, T_cold), as temperature guidance estimates it for its arrows."""
    teacher = tiny_network(conditional=True, seed=9, temperature=8)
    head = tiny_network(conditional=True, seed=5, head="gradient")
    objective = Distillation(tiny_network(conditional=True, seed=1), teacher)
    loss_of(objective, head, batch)
    _, rigid, t, target = objective.pool[-1]
    for i in range(3):
        one = Rigid(rigid.quat[i : i + 1], rigid.trans[i : i + 1])
        found = TemperatureGuidance(ConfDiffModel(teacher, OneHot()(SEQUENCE)))(one, float(t[i]))
        assert found.trans.abs().max() > 0
        # Prediction.center() removes a common shift of x̂_0
        flat = found.trans[0] - found.trans[0].mean(-2, keepdim=True)
        centred = target.trans[i] - target.trans[i].mean(-2, keepdim=True)
        torch.testing.assert_close(centred, flat, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(target.rot[i], found.rot[0], rtol=1e-3, atol=1e-5)


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
    objective = Distillation(base, base)
    loss, _ = loss_of(objective, head, batch)
    target = objective.pool[-1].gradient
    assert target.trans.abs().max() == 0 == target.rot.abs().max()
    assert loss > 0


@pytest.mark.parametrize("kind", ["gradient", "energy"])
def test_heads_approach_the_target(base, batch, tiny_network, kind):
    """The loss of both kinds of head falls, and the guidance classes accept the result."""
    # an energy head can only learn the gradient of some energy
    teacher = tiny_network(conditional=True, seed=9, head="energy" if kind == "energy" else None)
    objective = Distillation(base, teacher)
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
