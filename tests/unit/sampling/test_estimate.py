"""What a run is said to take: the model of the work, and the line that is printed."""

from __future__ import annotations

import time

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.sampling.estimate import Estimate, estimate, evaluation_work

MIDDLE = {"c_s": 64, "c_z": 32, "c_skip": 16, "c_hidden": 32}


@pytest.mark.parametrize("head", [None, "force"])
@pytest.mark.parametrize("length", [20, 60])
@pytest.mark.parametrize("sizes", [MIDDLE, {**MIDDLE, "node_repr": 20, "pair_repr": 12}])
def test_work_against_counted_multiplications(head, length, sizes):
    """torch counts two operations a multiplication."""
    config = NetworkConfig(head=head, **sizes)
    network = ScoreNetwork(config).eval()
    node = torch.randn(length, config.node_repr) if config.node_repr else None
    pair = torch.randn(length, length, config.pair_repr) if config.pair_repr else None
    noisy = SE3Process().prior(1, length)
    # with gradients: without them the transformer takes a fused way that is not counted
    with FlopCounterMode(display=False) as counter:
        network(noisy, torch.full((1,), 0.5), node_repr=node, pair_repr=pair)
    assert evaluation_work(config, length) == pytest.approx(counter.get_total_flops() / 2, rel=0.05)


def test_what_a_run_is_said_to_take(make_run):
    run = make_run(samples=6, steps=4)
    found = estimate(run)
    assert (found.length, found.samples, found.batch) == (10, 6, 6)
    assert 0 < found.bytes_each < found.bytes_free
    before = run.state
    began = time.perf_counter()
    list(run)
    assert found.seconds < 20 * (time.perf_counter() - began)
    assert before.step == 0  # the measurement left the run as it was


def test_more_networks_take_longer(make_run):
    one, two = (estimate(make_run(samples=4, steps=4, gamma=gamma)) for gamma in (1.0, 0.5))
    assert two.bytes_each == one.bytes_each
    assert two.seconds > 0 and one.seconds > 0


@pytest.mark.parametrize(
    ("seconds", "batch", "words"),
    [
        (0.2, 8, "in one batch: about 24 MiB of 2.0 GiB free, and 1 s"),
        (600, 4, "in batches of 4: about 12 MiB of 2.0 GiB free, and 10 min"),
        (9000, 8, "and 2.5 h"),
    ],
)
def test_the_line(seconds, batch, words):
    found = Estimate(58, 8, batch, 3 * 2**20, 2 * 2**30, seconds)
    assert found.describe().startswith("8 conformers of 58 residues, ")
    assert words in found.describe()
