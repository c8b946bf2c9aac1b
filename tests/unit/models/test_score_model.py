"""Features and predictions, which pass between models, samplers and guidance."""

from __future__ import annotations

import torch

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.models.score_model import Features, Prediction


def test_the_first_residues_of_features():
    features = Features(torch.arange(12.0).reshape(4, 3), torch.arange(32.0).reshape(4, 4, 2))
    short = features.first_residues(2)
    torch.testing.assert_close(short.node, features.node[:2])
    torch.testing.assert_close(short.pair, features.pair[:2, :2])
    assert Features(features.node).first_residues(2).pair is None


def test_features_move_to_a_device_with_their_pairs():
    moved = Features(torch.zeros(2, 3), torch.zeros(2, 2, 1)).to("meta")
    assert moved.node.device.type == moved.pair.device.type == "meta"


def test_a_detached_prediction_has_no_graph_and_no_guidance():
    trans = torch.zeros(1, 2, 3, requires_grad=True)
    quat = torch.tensor([1.0, 0, 0, 0]).expand(1, 2, 4)
    found = Prediction(Rigid(quat, 2 * trans), torch.zeros(1, 2, 7, 2), energy=trans.sum()).detach()
    assert not found.frames.trans.requires_grad
    assert found.energy is None
