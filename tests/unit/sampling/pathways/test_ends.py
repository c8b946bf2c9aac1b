"""Ends of a path: different structures, inside of the model's data."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import GuidedScore
from confdiff_widgets.proteins import folded_structure, load_system
from confdiff_widgets.sampling.pathways.density import NoisedDensity
from confdiff_widgets.sampling.pathways.ends import FARTHEST, check_ends, distances_from_data
from confdiff_widgets.sampling.pathways.metric import FrameMetric


@pytest.fixture(scope="module")
def density():
    networks = load_system("chignolin").load_networks()
    return NoisedDensity(GuidedScore(networks), 0.03, 1.0, 0.0, FrameMetric(9.0))


@pytest.fixture(scope="module")
def folded():
    return folded_structure(load_system("chignolin")).rigid


def joined(*structures):
    return Rigid(
        torch.stack([s.quat.reshape(-1, 4) for s in structures]),
        torch.stack([s.trans.reshape(-1, 3) for s in structures]),
    )


def test_the_folded_structure_is_inside_of_the_data(density, folded):
    (distance,) = distances_from_data(density, joined(folded))
    assert distance < FARTHEST / 2


def test_equal_structures_are_refused(density, folded):
    moved = Rigid(folded.quat, folded.trans + 5.0)
    with pytest.raises(SettingsError, match=r"a and b are the same structure \(CA-RMSD 0.00 Å\)"):
        check_ends(density, joined(folded, moved), ("a", "b"))


def test_structures_that_the_model_cannot_sample_are_refused(density, folded):
    straight = torch.zeros_like(folded.trans.reshape(-1, 3))
    straight[:, 0] = 3.8 * torch.arange(len(straight))
    chain = Rigid(folded.quat, straight.reshape(folded.trans.shape))
    with pytest.raises(SettingsError, match="chain is outside of the model's data"):
        check_ends(density, joined(folded, chain), ("folded", "chain"))
