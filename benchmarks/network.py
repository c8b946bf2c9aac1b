"""Measure the time of a network evaluation and of the sampler step that contains it.

    python benchmarks/network.py [--threads N] [--repeats N]

Prints a table and writes benchmarks/results/network.{md,json}.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from _report import publish

from confdiff_widgets.guidance.cfg import ClassifierFreeGuidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.representations import Features
from confdiff_widgets.sampling import Run, SamplerConfig
from confdiff_widgets.training.recipe import BUNDLED_SIZE

SHAPES = ((4, 35), (16, 35), (16, 58), (64, 10))
SIZES = {
    "bundled": NetworkConfig(node_repr=20, **BUNDLED_SIZE),
    "published": NetworkConfig(node_repr=1024, pair_repr=128),
}
WARM_UP = 3


def features(config: NetworkConfig, length: int, device: str) -> Features:
    """Create random features of the required shape."""
    pair = torch.randn(length, length, config.pair_repr) if config.pair_repr else None
    return Features(torch.randn(length, config.node_repr), pair).to(device)


def measure(size: str, batch: int, length: int, device: str, repeats: int, compiled: bool) -> dict:
    """Measure evaluations and steps in alternation, so that both see the same load."""
    torch.manual_seed(0)
    config = SIZES[size]
    network = ScoreNetwork(config).eval().to(device).requires_grad_(False)
    if compiled:
        network.compile(mode="reduce-overhead", dynamic=False)
    inputs = features(config, length, device)
    cfg = ClassifierFreeGuidance(ConfDiffModel(network, inputs), None)
    settings = SamplerConfig(samples=batch, steps=WARM_UP + repeats + 1)
    run = Run(cfg, "A" * length, settings, keep_every=settings.steps)

    def evaluate() -> None:
        with torch.inference_mode():
            time_of_step = torch.full((batch,), run.state.t, device=device)
            network(run.state.rigid, time_of_step, node_repr=inputs.node, pair_repr=inputs.pair)

    pairs = [(clock(evaluate, device), clock(run.step, device)) for _ in range(WARM_UP + repeats)][
        WARM_UP:
    ]
    return {
        "device": device + (" compiled" if compiled else ""),
        "size": size,
        "parameters (M)": round(sum(p.numel() for p in network.parameters()) / 1e6, 2),
        "batch": batch,
        "residues": length,
        "evaluation (ms)": 1e3 * statistics.median(p[0] for p in pairs),
        "step (ms)": 1e3 * statistics.median(p[1] for p in pairs),
        "step / evaluation": statistics.median(p[1] / p[0] for p in pairs),
    }


def clock(function: Callable[[], object], device: str) -> float:
    """Return the wall time of one call, s."""
    if device != "cpu":
        torch.cuda.synchronize()
    start = time.perf_counter()
    function()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    places = [("cpu", False)]
    if torch.cuda.is_available():
        places += [("cuda", False), ("cuda", True)]
    rows = [
        measure(size, batch, length, device, options.repeats, compiled)
        for device, compiled in places
        for size in SIZES
        for batch, length in SHAPES
    ]
    publish(
        "network",
        rows,
        "One evaluation of a conditional network and one step of the default solver (γ = 1, so "
        "one evaluation per step). Medians; evaluations and steps alternate.",
    )


if __name__ == "__main__":
    main()
