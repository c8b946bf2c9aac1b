"""Sizes of networks: defaults of the published checkpoints, and refusals."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.models.config import NetworkConfig


def test_the_defaults_are_those_of_the_published_checkpoints():
    config = NetworkConfig()
    assert (config.c_s, config.c_z, config.blocks, config.heads) == (256, 128, 4, 4)
    assert (config.qk_points, config.v_points, config.tfmr_layers) == (8, 12, 2)
    assert config.process().so3.sigma_min == 0.1
    assert NetworkConfig(**config.to_dict()) == config


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"c_s": 0}, "c_s is 0. Give 1 to 20,000"),
        ({"blocks": 201}, "blocks is 201. Give 1 to 200"),
        ({"node_repr": -1}, "node_repr is -1. Give 0 to"),
        ({"c_s": 250, "tfmr_heads": 4}, r"c_s \+ c_skip is 314, not divisible by 4"),
        ({"sigma_min": 0.001}, "sigma_min is 0.001"),
        ({"sigma_min": 1.0}, "sigma_min is 1.0"),
    ],
)
def test_sizes_that_no_network_has_are_refused(sizes, message):
    with pytest.raises(SettingsError, match=message.replace("is 0.", r"is 0\.")):
        NetworkConfig(**sizes)


def test_another_noise_gives_another_process():
    assert NetworkConfig(sigma_min=0.02).process() != NetworkConfig().process()
