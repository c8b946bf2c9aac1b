"""Fixtures: tiny networks with random weights, the cache and the devices."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from confdiff_widgets.guidance import cfg
from confdiff_widgets.guidance.cfg import ClassifierFreeGuidance
from confdiff_widgets.guidance.registry import KINDS
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.config import Head, NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.ranges import FINITE
from confdiff_widgets.representations import OneHot

CHIGNOLIN = "YYDPETGTWY"


def tiny_config(node_repr: int, head: Head | None = None) -> NetworkConfig:
    return NetworkConfig(
        node_repr=node_repr, head=head, time=8, index=8, rbf=8, c_s=16, c_z=8, c_skip=4, blocks=2,
        heads=2, c_hidden=4, qk_points=2, v_points=2, tfmr_heads=2, tfmr_layers=1,
    )  # fmt: skip


@pytest.fixture(scope="session")
def tiny_network() -> Callable[..., ScoreNetwork]:
    """Return a function that makes networks with random weights, none initialised to 0."""

    def make(
        *, conditional: bool, seed: int, head: Head | None = None, **settings: float
    ) -> ScoreNetwork:
        config = tiny_config(OneHot.node_size if conditional else 0, head)
        network = ScoreNetwork(replace(config, **settings)).eval()
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in network.named_parameters():
            value = 0.2 * torch.randn(parameter.shape, generator=generator)
            parameter.data = value + ("norm" in name or "_ln_" in name)
        return network.requires_grad_(False)

    return make


@pytest.fixture
def tiny_cfg(tiny_network) -> ClassifierFreeGuidance:
    """Return the guidance of a conditional and an unconditional network for chignolin."""
    return ClassifierFreeGuidance(
        ConfDiffModel(tiny_network(conditional=True, seed=1), OneHot()(CHIGNOLIN)),
        ConfDiffModel(tiny_network(conditional=False, seed=2)),
    )


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Use a temporary cache folder."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONFDIFF_CACHE", str(folder))
        yield folder


@pytest.fixture(
    params=[
        "cpu",
        pytest.param(
            "cuda",
            marks=[
                pytest.mark.gpu,
                pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
            ],
        ),
    ]
)
def device(request: pytest.FixtureRequest) -> str:
    """Return each device in turn."""
    return request.param


@pytest.fixture
def wide_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept any γ and η as settings, so that runs diverge."""
    monkeypatch.setattr(cfg, "GAMMA_RANGE", FINITE)
    for name, kind in KINDS.items():
        wide = dataclasses.replace(kind, eta_range=(FINITE.low, FINITE.high))
        monkeypatch.setitem(KINDS, name, wide)
