"""Tiles of pair features against the whole."""

import pytest
import torch

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.models import pair_tiles
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.models.pair_tiles import map_tiles
from confdiff_widgets.models.score_model import Features

SIZES = {"c_s": 16, "c_z": 8, "c_skip": 8, "c_hidden": 8, "blocks": 3, "head": "force"}


@pytest.fixture(params=[1, 20, 60, 10**6])
def tile_pairs(request, monkeypatch):
    """Tiles of one row, of some rows, of several conformers and of everything."""
    pairs = request.param
    monkeypatch.setattr(pair_tiles, "TILE_PAIRS", pairs)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    return pairs


def test_tiles_cover_all_pairs_once(tile_pairs):
    node, seen = torch.arange(15.0).view(3, 5, 1), []

    def difference(tile):
        found = tile.rows_of(node) - tile.columns_of(node)
        seen.append(found.shape[:3].numel())
        return found

    with torch.no_grad():
        found = map_tiles(difference, node)
    assert torch.equal(found, node[:, :, None] - node[:, None])
    assert sum(seen) == 3 * 5 * 5
    assert max(seen) <= max(5, tile_pairs)


def randomised(config):
    torch.manual_seed(3)
    network = ScoreNetwork(config).double().eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return network


@pytest.mark.parametrize("masked", [False, True])
def test_tiles_do_not_change_the_prediction(tile_pairs, masked):
    """With gradients there is one tile, so both paths are compared."""
    network = randomised(NetworkConfig(node_repr=6, pair_repr=4, **SIZES))
    rigid = SE3Process().prior(3, 5).to(torch.float64)
    given = {
        "node_repr": torch.randn(3, 5, 6, dtype=torch.float64),
        "pair_repr": torch.randn(5, 5, 4, dtype=torch.float64),
        "mask": torch.arange(5).lt(torch.tensor([[5], [3], [4]])) if masked else None,
    }
    t = torch.tensor([0.2, 0.5, 0.8])
    whole = network(rigid, t, **given)
    with torch.no_grad():
        tiled = network(rigid, t, **given)
    torch.testing.assert_close(tiled.frames.to_tensor7(), whole.frames.to_tensor7())
    torch.testing.assert_close(tiled.force, whole.force)


def test_terms_of_the_sequence_follow_the_length_and_allow_gradients():
    network = randomised(NetworkConfig(node_repr=6, **SIZES)).float()
    features = Features(torch.randn(7, 6))
    model = ConfDiffModel(network, features)
    long = SE3Process().prior(2, 7)
    expected = network(long, torch.full((2,), 0.4), node_repr=features.node)
    with torch.inference_mode():
        first = model(long, 0.4)
    torch.testing.assert_close(first.frames.trans, expected.frames.trans, atol=1e-4, rtol=1e-4)
    again = model(long, 0.4)
    assert again.frames.trans.requires_grad
    short = model.first_residues(4)(long[:, :4], 0.4)
    assert short.frames.trans.shape == (2, 4, 3)

    free = ConfDiffModel(randomised(NetworkConfig(**SIZES)).float())
    assert free(long, 0.4).frames.trans.shape == (2, 7, 3)
    assert free(long[:, :3], 0.4).frames.trans.shape == (2, 3, 3)
