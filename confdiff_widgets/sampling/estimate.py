"""What a run will take, before it starts: memory by a model, time by a model and a measurement."""

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
"""Residues of the evaluation that is timed; longer ones are reckoned from it."""

REPEATS = 4

BACKWARD = 3.0
"""Cost of an evaluation with its gradient, in evaluations."""

HEAD_LAYERS = 12
"""Layers of point attention in a force head: six in each of two nets."""


@dataclass(frozen=True)
class Estimate:
    """Memory and time of a run.

    Attributes
    ----------
    length, samples : int
    batch : int
        Conformers that go through the network together.
    bytes_each : int
        Of one conformer's evaluation.
    bytes_free : int
        On the device now.
    seconds : float
        For all steps.
    """

    length: int
    samples: int
    batch: int
    bytes_each: int
    bytes_free: int
    seconds: float

    def describe(self) -> str:
        """One line for a person."""
        whole = self.batch >= self.samples
        batches = "all at once" if whole else f"{self.batch} at a time"
        return (
            f"{self.samples} conformers of {self.length} residues, {batches}: about "
            f"{_size(self.bytes_each * min(self.batch, self.samples))} of "
            f"{_size(self.bytes_free)} free, and {_duration(self.seconds)}"
        )


def estimate(run: Run) -> Estimate:
    """The estimate of a run that has not begun; one short evaluation is timed for it."""
    network = run.mix.conditional or run.mix.unconditional
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
    """Multiplications of one network evaluation of one conformer.

    The parts that grow with L², pair features and attention, and those that grow with L.
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
    """Work of the networks that an evaluation of the run's score needs, for one conformer."""
    mix, physical = run.mix, run.guided.physical
    gammas, etas = set(strength_bounds(run.gamma)), set(strength_bounds(run.eta))
    costs = []
    if mix.conditional is not None and gammas != {0.0}:
        costs.append(evaluation_work(mix.conditional.config, length))
    if mix.unconditional is not None and gammas != {1.0}:
        costs.append(evaluation_work(mix.unconditional.config, length))
    if physical is not None and etas != {0.0}:
        factor = BACKWARD if physical.name == "energy" else 1.0
        network = getattr(physical, "network", None) or mix.conditional or mix.unconditional
        assert network is not None
        costs.append(factor * evaluation_work(network.config, length))
    return costs


@torch.inference_mode()
def _rate(run: Run, network: ScoreNetwork) -> float:
    """Multiplications a second, measured on the first residues of the run's own conformers."""
    length = min(SAMPLE, len(run.sequence))
    batch = min(run.batch, max(1, 4 * SAMPLE // length))
    features = run.mix.features if network is run.mix.conditional else None
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
    # the first one warms up
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
