"""Measure time and memory against sequence length, at the size of the published checkpoints.

    python benchmarks/lengths.py [--threads N] [--repeats N] [--lengths 58 150 300 600]

A conditional network and a network with a force head (γ = 1, η = 1): evaluations of the networks
against a step of the default solver, peak memory against its estimate, and the time that `confdiff
sample` estimates against the measured one. Each length runs in a separate process, so that memory
peaks are independent. Writes benchmarks/results/lengths.{md,json}.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

import torch
from _memory import memory
from _report import publish

from confdiff_widgets.guidance.cfg import ClassifierFreeGuidance
from confdiff_widgets.guidance.released_heads import ReleasedForceGuidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.cost import evaluation_bytes
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.representations import Features
from confdiff_widgets.sampling import Run, SamplerConfig
from confdiff_widgets.sampling.estimate import estimate

LENGTHS = (58, 150, 300, 600)
CONFIG = NetworkConfig(node_repr=1024, pair_repr=128)
GUIDED = NetworkConfig(node_repr=1024, pair_repr=128, head="force")
GIB = 2**30


def peak(device: str) -> int:
    """Return the peak memory so far, bytes."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    return memory("VmHWM")


def warm_up(device: str) -> None:
    """Load libraries and caches, whose memory does not belong to a run."""
    network = ScoreNetwork(NetworkConfig(node_repr=4)).eval().to(device)
    cfg = ClassifierFreeGuidance(
        ConfDiffModel(network, Features(torch.randn(8, 4, device=device))), None
    )
    estimate(Run(cfg, "A" * 8, SamplerConfig(samples=1, steps=2)))
    list(Run(cfg, "A" * 8, SamplerConfig(samples=1, steps=2)))


def measure(length: int, device: str, repeats: int) -> dict:
    """Measure one row in this process."""
    torch.manual_seed(0)
    network = ScoreNetwork(CONFIG).eval().to(device).requires_grad_(False)
    guided = ScoreNetwork(GUIDED).eval().to(device).requires_grad_(False)
    features = Features(torch.randn(length, 1024), torch.randn(length, length, 128)).to(device)
    warm_up(device)
    before = torch.cuda.memory_allocated() if device == "cuda" else memory("VmRSS")
    cfg = ClassifierFreeGuidance(ConfDiffModel(network, features), None)
    settings = SamplerConfig(samples=1, steps=repeats + 2, eta=1.0, guidance="force")
    run = Run(
        cfg,
        "A" * length,
        settings,
        physical=ReleasedForceGuidance(ConfDiffModel(guided, features)),
        keep_every=settings.steps,
    )
    expected = estimate(run).seconds / run.steps

    def evaluate() -> None:
        with torch.inference_mode():
            t = torch.full((1,), run.state.t, device=device)
            for each in (network, guided):
                each(run.state.rigid, t, node_repr=features.node, pair_repr=features.pair)

    def clock(function) -> float:
        # processor time on a CPU, because other programs may share the machine
        now = time.process_time if device == "cpu" else time.perf_counter
        start = now()
        function()
        if device == "cuda":
            torch.cuda.synchronize()
        return now() - start

    run.step()
    pairs = [(clock(evaluate), clock(run.step)) for _ in range(repeats)]
    evaluation = statistics.median(p[0] for p in pairs)
    step = statistics.median(p[1] for p in pairs)
    used, estimated = peak(device) - before, evaluation_bytes(CONFIG, length)
    return {
        "device": device,
        "residues": length,
        "networks (s)": evaluation,
        "step (s)": step,
        "step / networks": statistics.median(p[1] / p[0] for p in pairs),
        "estimated step (s)": expected,
        "peak (GiB)": used / GIB,
        "estimated (GiB)": estimated / GIB,
        "estimated / peak": estimated / used,
        "64 conformers, 20 steps": f"{64 * 20 * step / 60:.0f} min",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # length and device; prints JSON
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.one:
        length, device = options.one
        print(json.dumps(measure(int(length), device, options.repeats)))
        return
    rows = []
    for device in ("cpu", *(["cuda"] if torch.cuda.is_available() else [])):
        for length in options.lengths:
            command = [sys.executable, __file__, "--one", str(length), device]
            command += ["--threads", str(options.threads), "--repeats", str(options.repeats)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(json.loads(done.stdout))
    publish(
        "lengths",
        rows,
        "One conformer, a network of the published size (12.5 M parameters without the head) and "
        "one with a force head: γ = 1, η = 1, one evaluation of each per step of the default "
        "solver. Medians of processor time (on a GPU: wall time); evaluations and steps alternate. "
        "Estimated step: wall time as printed by `confdiff sample`. Memory is the growth of the "
        "process during sampling.",
    )


if __name__ == "__main__":
    main()
