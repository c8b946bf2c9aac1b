"""Guidance by published heads, against the formulas of the authors' code."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance.physical import EnergyGuidance
from confdiff_widgets.guidance.released_heads import released_guidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.representations import OneHot

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def noisy():
    return SE3Process().prior(3, 10, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("t", [0.1, 0.6])
def test_force(tiny_network, noisy, t):
    network, features = tiny_network(conditional=True, seed=1, head="force"), OneHot()(SEQUENCE)
    found = released_guidance(ConfDiffModel(network, features))(noisy, t)
    with torch.no_grad():
        predicted = network(noisy, torch.full((3,), t), node_repr=features.node)
    force_t, force_0 = (f / f.norm(dim=-1, keepdim=True) for f in predicted.force)
    torch.testing.assert_close(found.trans, (1 - t) * force_0 + (1 - t) * t * force_t)
    assert found.rot is None
    assert found.trans.norm(dim=-1).max() <= (1 - t) * (1 + t) + 1e-5


def test_energy_guidance_keeps_the_direction_of_the_gradient(tiny_network, noisy):
    network, features = tiny_network(conditional=True, seed=1, head="energy"), OneHot()(SEQUENCE)
    term = released_guidance(ConfDiffModel(network, features))
    found = term(noisy, 0.4)
    exact = EnergyGuidance(ConfDiffModel(network, features), rotations=False)(noisy, 0.4)
    torch.testing.assert_close(found.trans.norm(dim=-1), torch.ones(3, 10))
    cosine = torch.cosine_similarity(found.trans, exact.trans, dim=-1)
    torch.testing.assert_close(cosine, torch.ones(3, 10))
    assert (term.name, found.rot) == ("energy", None)


def test_networks_without_a_head(tiny_network):
    with pytest.raises(SettingsError, match="has no guidance head"):
        released_guidance(ConfDiffModel(tiny_network(conditional=True, seed=1), OneHot()(SEQUENCE)))
