"""Force and energy heads as gradients of the intermediate energy."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_to_matrix, random_quat
from confdiff_widgets.guidance import EnergyGuidance, ForceGuidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.representations import OneHot

T = 0.4
FEATURES = OneHot()("YYDPETGTWY")


@pytest.fixture
def force(tiny_network) -> ForceGuidance:
    network = tiny_network(conditional=True, seed=5, head="force")
    return ForceGuidance(ConfDiffModel(network, FEATURES))


@pytest.fixture
def gradient(tiny_network) -> ForceGuidance:
    network = tiny_network(conditional=True, seed=7, head="gradient")
    return ForceGuidance(ConfDiffModel(network, FEATURES))


@pytest.fixture
def energy(tiny_network) -> EnergyGuidance:
    network = tiny_network(conditional=True, seed=6, head="energy")
    return EnergyGuidance(ConfDiffModel(network, FEATURES))


def energy_at(guidance: EnergyGuidance, rigid: Rigid) -> torch.Tensor:
    time = torch.full((rigid.shape[0],), T, dtype=rigid.trans.dtype)
    node = FEATURES.node.to(rigid.trans.dtype)
    return guidance.model.network(rigid, time, node_repr=node).energy


@pytest.mark.parametrize("part", ["trans", "rot"])
def test_energy_guidance_is_the_gradient_of_the_energy(energy, noisy, part):
    """Along a random direction, against a central difference in double precision."""
    model = energy.model
    model.network.double()
    model.features = model.features._replace(node=model.features.node.double())
    noisy = noisy.to(torch.float64)
    direction = torch.randn(3, 10, 3, generator=torch.Generator().manual_seed(1)).double()
    so3, scale = energy.process.so3, energy.process.r3.scale

    def moved(step: float) -> torch.Tensor:
        if part == "trans":
            return energy_at(energy, Rigid(noisy.quat, noisy.trans + step / scale * direction))
        return energy_at(energy, Rigid(so3.exp_map(noisy.quat, step * direction), noisy.trans))

    slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
    gradient = energy(noisy, T)
    assert slope.abs().min() > 1e-4
    torch.testing.assert_close(
        (getattr(gradient, part) * direction).sum((1, 2)), slope, rtol=1e-3, atol=1e-6
    )
    torch.testing.assert_close(gradient.energy, energy_at(energy, noisy))


def test_energy_guidance_works_within_inference_mode(energy, noisy):
    outside = energy(noisy, T)
    with torch.inference_mode():
        inside = energy(Rigid(noisy.quat * 1, noisy.trans * 1), T)
        assert torch.is_inference_mode_enabled()
    torch.testing.assert_close(inside.trans, outside.trans)
    torch.testing.assert_close(inside.rot, outside.rot)
    assert not inside.energy.requires_grad


def test_guidance_of_positions_only(tiny_network, force, energy, gradient, noisy):
    for guidance in (energy, gradient):
        assert guidance(noisy, T).rot.abs().max() > 1e-5
        alone = type(guidance)(guidance.model, rotations=False)(noisy, T)
        assert alone.rot is None
        torch.testing.assert_close(alone.trans, guidance(noisy, T).trans)
    assert force(noisy, T).rot is None, "the published head guides positions alone"


@pytest.mark.parametrize("name", ["force", "gradient", "energy"])
def test_gradient_is_equivariant_and_has_no_net_force(request, noisy, name):
    guidance = request.getfixturevalue(name)
    turn = random_quat((), generator=torch.Generator().manual_seed(4))
    turned = Rigid(turn, torch.zeros(3)).compose(noisy)
    plain, other = guidance(noisy, T), guidance(turned, T)
    size = plain.trans.abs().max()
    assert size > 1e-5
    expected = plain.trans @ quat_to_matrix(turn).T
    torch.testing.assert_close(other.trans, expected, atol=1e-3 * size, rtol=1e-3)
    assert plain.trans.mean(1).abs().max() < 1e-4 * size
    if plain.rot is not None:  # body frame: it rotates with the molecule
        torch.testing.assert_close(
            other.rot, plain.rot, atol=1e-3 * plain.rot.abs().max(), rtol=1e-3
        )


@pytest.mark.parametrize("name", ["force", "gradient"])
def test_untrained_force_head_predicts_zero(request, noisy, name):
    config = request.getfixturevalue(name).model.network.config
    network = ScoreNetwork(config).eval().requires_grad_(False)
    found = ForceGuidance(ConfDiffModel(network, FEATURES))(noisy, T)
    assert found.trans.abs().max() < 1e-5
    assert found.rot is None or found.rot.abs().max() < 1e-5


def test_gradient_vanishes_with_the_signal(force, noisy):
    """α(t) bounds the effect of an imperfect head on x̂_0 at high noise."""
    r3 = SE3Process().r3
    ratio = force(noisy, 1.0).trans.norm() / force(noisy, 0.05).trans.norm()
    assert ratio < 10 * r3.alpha(1.0) / r3.alpha(0.05)


@pytest.mark.parametrize(
    ("guidance", "head", "message"),
    [
        (ForceGuidance, None, "no guidance head; force guidance needs"),
        (ForceGuidance, "energy", 'an energy head; force guidance needs.*kind = "gradient"'),
        (EnergyGuidance, "force", 'a force head; energy guidance needs.*kind = "energy"'),
    ],
)
def test_guidance_needs_its_head(tiny_network, guidance, head, message):
    with pytest.raises(SettingsError, match=message):
        guidance(ConfDiffModel(tiny_network(conditional=True, seed=1, head=head), FEATURES))
