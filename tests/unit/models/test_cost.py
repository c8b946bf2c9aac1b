"""Estimates of memory and work against measurements."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.cost import evaluation_bytes, evaluation_work
from confdiff_widgets.models.network import ScoreNetwork

MIDDLE = {"c_s": 64, "c_z": 32, "c_skip": 16, "c_hidden": 32}

MEASURE = """
import json, torch
from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.cost import evaluation_bytes
from confdiff_widgets.models.network import ScoreNetwork

def evaluate(batch, length):
    with torch.inference_mode():
        network(process.prior(batch, length), torch.full((batch,), 0.5))

def memory(name):
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])

config, process = NetworkConfig(), SE3Process()
network = ScoreNetwork(config).eval()
evaluate(1, 4)
before = memory("VmRSS")
evaluate(4, 150)
# from /proc, because getrusage includes the memory of the parent process
print(json.dumps([memory("VmHWM") - before, evaluation_bytes(config, 150, 4)]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_estimate_against_the_real_peak():
    """Published size, 4 conformers of 150 residues, in a separate process."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True
    )
    measured, estimated = json.loads(done.stdout)
    assert measured < estimated < 1.6 * measured


def test_estimate_grows_with_everything():
    base = evaluation_bytes(NetworkConfig(), 100)
    assert evaluation_bytes(NetworkConfig(), 100, batch=3) == pytest.approx(3 * base, rel=1e-6)
    assert 3.5 * base < evaluation_bytes(NetworkConfig(), 200) < 4 * base
    assert evaluation_bytes(NetworkConfig(c_z=256), 100) > base
    assert evaluation_bytes(NetworkConfig(pair_repr=1024), 100) > base


@pytest.mark.parametrize("head", [None, "force"])
@pytest.mark.parametrize("length", [20, 60])
@pytest.mark.parametrize("sizes", [MIDDLE, {**MIDDLE, "node_repr": 20, "pair_repr": 12}])
def test_work_against_counted_multiplications(head, length, sizes):
    """torch counts two operations per multiplication."""
    config = NetworkConfig(head=head, **sizes)
    network = ScoreNetwork(config).eval()
    node = torch.randn(length, config.node_repr) if config.node_repr else None
    pair = torch.randn(length, length, config.pair_repr) if config.pair_repr else None
    noisy = SE3Process().prior(1, length)
    # With gradients, because the fused transformer kernel is not counted.
    with FlopCounterMode(display=False) as counter:
        network(noisy, torch.full((1,), 0.5), node_repr=node, pair_repr=pair)
    assert evaluation_work(config, length) == pytest.approx(counter.get_total_flops() / 2, rel=0.05)
