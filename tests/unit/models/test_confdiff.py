"""The CONFDIFF network as a score model: features, temperatures and shared predictions."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.representations import OneHot

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def rigid():
    return SE3Process().prior(2, 10, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model(tiny_network):
    return ConfDiffModel(tiny_network(conditional=True, seed=1), OneHot()(SEQUENCE))


def test_the_sequence_changes_the_prediction_and_the_network_is_shared(model, rigid):
    other = model.with_features(OneHot()(SEQUENCE[::-1]))
    assert other.network is model.network
    first, second = (m(rigid, 0.3).frames.trans for m in (model, other))
    assert not torch.allclose(first, second, atol=1e-3)


def test_repeated_evaluations_agree(model, rigid):
    first = model(rigid, 0.3).frames.trans
    torch.testing.assert_close(model(rigid, 0.3).frames.trans, first, rtol=0, atol=0)
    fresh = ConfDiffModel(model.network, model.features)
    torch.testing.assert_close(fresh(rigid, 0.3).frames.trans, first, rtol=1e-5, atol=1e-4)


def test_shorter_sequences_keep_their_first_features(model):
    short = model.first_residues(6)
    torch.testing.assert_close(short.inputs()[0], model.inputs()[0][:6])


def test_a_thermal_network_depends_on_the_temperature(tiny_network, rigid):
    network = tiny_network(conditional=True, seed=1, temperature=8)
    hot = ConfDiffModel(network, OneHot()(SEQUENCE))
    cold = hot.at(1.0)
    assert hot.thermal and cold.inverse_temperature == 1.0
    difference = hot(rigid, 0.3).frames.trans - cold(rigid, 0.3).frames.trans
    assert difference.abs().max() > 1e-3


def test_a_prediction_is_shared_with_the_same_weights_and_features_only(model, tiny_network):
    assert model.shares_prediction(ConfDiffModel(model.network, model.features))
    other = ConfDiffModel(tiny_network(conditional=True, seed=2), model.features)
    assert not model.shares_prediction(other)
    assert not model.shares_prediction(model.with_features(OneHot()(SEQUENCE[::-1])))


def test_properties_are_those_of_the_network(model):
    assert model.head is None and not model.thermal
    assert model.device == torch.device("cpu")
    assert model.t_min == model.network.config.t_min
    assert model.evaluation_bytes(20, 4) > model.evaluation_bytes(10, 4)
    assert model.work(20) > 2 * model.work(10)
