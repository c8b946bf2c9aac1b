"""Estimates of the memory and time of a run before it starts.

Memory comes from a cost model, time from a cost model and one timed evaluation.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import torch

from ..guidance.schedule import strength_bounds
from ..models.config import NetworkConfig
from ..models.layers import AngleResnet
from ..models.network import ScoreNetwork
from .memory import available_bytes, evaluation_bytes
from .run import Run

SAMPLE = 64
"""Residues of the timed evaluation; the time of longer proteins is extrapolated."""

REPEATS = 4

BACKWARD = 3.0
"""Cost of an evaluation with its gradient, in units of an evaluation."""

HEAD_LAYERS = 12
"""Point attention layers in a force head: six in each of two nets."""


@dataclass(frozen=True)
class Estimate:
    """Memory and time of a run.

    Attributes
    ----------
    length, samples : int
    batch : int
        Conformers per network evaluation.
    bytes_each : int
        Memory of the evaluation of one conformer.
    bytes_free : int
        Free memory of the device.
    seconds : float
        Time of all steps.
    """

    length: int
    samples: int
    batch: int
    bytes_each: int
    bytes_free: int
    seconds: float

    def describe(self) -> str:
        """Return a one-line summary."""
        single_batch = self.batch >= self.samples
        batches = "in one batch" if single_batch else f"in batches of {self.batch}"
        return (
            f"{self.samples} conformers of {self.length} residues, {batches}: about "
            f"{_size(self.bytes_each * min(self.batch, self.samples))} of "
            f"{_size(self.bytes_free)} free, and {_duration(self.seconds)}"
        )


def estimate(run: Run) -> Estimate:
    """Estimate the memory and time of a run that has not started; times one short evaluation."""
    network = run.cfg.conditional or run.cfg.unconditional
    assert network is not None
    length, samples = len(run.sequence), run.config.samples
    evaluations = run.steps * run.solver.evaluations
    work = samples * evaluations * sum(_costs(run, length))
    return Estimate(
        length=length,
        samples=samples,
        batch=run.batch,
        bytes_each=evaluation_bytes(network.config, length),
        bytes_free=available_bytes(run.device),
        seconds=work / _rate(run, network),
    )


def evaluation_work(config: NetworkConfig, length: int) -> float:
    """Return the multiplications of one network evaluation of one conformer.

    Sum of the parts that grow with L² (pair features, attention) and with L.
    """
    s, z, skip, heads = config.c_s, config.c_z, config.c_skip, config.heads
    width, hidden = s + skip, s + z
    embedded = config.time + config.index + config.rbf + config.pair_repr
    channels = config.c_hidden + 3 * (config.qk_points + config.v_points)
    attention = z * (heads + z // 4) + heads * (2 * channels + z // 4)
    pair = z * (embedded + 2 * z)
    pair += config.blocks * (attention + 2 * config.tfmr_layers * width)
    pair += (config.blocks - 1) * (2 * z * hidden + hidden * hidden)
    projected = 3 * config.c_hidden + 3 * (2 * config.qk_points + config.v_points)
    point = s * heads * (projected + config.c_hidden + 4 * config.v_points + z // 4)
    node = s * (config.time + config.index + config.node_repr + 2 * s)
    node += config.blocks * (point + 6 * config.tfmr_layers * width**2 + 3 * s * s)
    node += config.blocks * s * (skip + width) + (config.blocks - 1) * s * (s // 2 + hidden + z)
    node += 2 * AngleResnet.HIDDEN * s + 2 * AngleResnet.BLOCKS * AngleResnet.HIDDEN**2
    if config.head == "force":
        pair += HEAD_LAYERS * attention
        node += HEAD_LAYERS * (point + 3 * s * s)
    return float(length * length * pair + length * node)


def _costs(run: Run, length: int) -> list[float]:
    """Return the work of each network in one evaluation of the run's score, for one conformer."""
    cfg, physical = run.cfg, run.guided.physical
    gammas, etas = set(strength_bounds(run.gamma)), set(strength_bounds(run.eta))
    costs = []
    if cfg.conditional is not None and gammas != {0.0}:
        costs.append(evaluation_work(cfg.conditional.config, length))
    if cfg.unconditional is not None and gammas != {1.0}:
        costs.append(evaluation_work(cfg.unconditional.config, length))
    if physical is not None and etas != {0.0}:
        factor = BACKWARD if physical.name == "energy" else 1.0
        network = getattr(physical, "network", None) or cfg.conditional or cfg.unconditional
        assert network is not None
        costs.append(factor * evaluation_work(network.config, length))
    return costs


@torch.inference_mode()
def _rate(run: Run, network: ScoreNetwork) -> float:
    """Measure multiplications per second on the first residues of the run's conformers."""
    length = min(SAMPLE, len(run.sequence))
    batch = min(run.batch, max(1, 4 * SAMPLE // length))
    features = run.cfg.features if network is run.cfg.conditional else None
    node = pair = None
    if features is not None:
        node = features.node[:length]
        pair = None if features.pair is None else features.pair[:length, :length]
    rigid = run.state.rigid[:batch, :length]
    times = torch.full((batch,), run.state.t, device=run.device)
    seconds = []
    for _ in range(REPEATS):
        _wait(run.device)
        began = time.perf_counter()
        network(rigid, times, node_repr=node, pair_repr=pair)
        _wait(run.device)
        seconds.append(time.perf_counter() - began)
    # The first evaluation is a warm-up.
    return batch * evaluation_work(network.config, length) / statistics.median(seconds[1:])


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _size(count: float) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
