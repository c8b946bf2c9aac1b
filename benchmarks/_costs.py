"""Time and memory of a guided step, for benchmarks/temperature_shift.py."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from pathlib import Path

import torch
from _memory import memory, reset_peak

from confdiff_widgets import proteins
from confdiff_widgets.guidance import PhysicalGuidance
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import Run, SamplerConfig

HEADS = {"none": None, "force": "mixture_force", "energy": "mixture_energy"}
STEPS = 20
BATCH = {"cpu": 64, "cuda": 1024}
"""Number of conformers in a timed step."""
MEMORY_BATCH = {"cpu": 256, "cuda": 1024}
"""Number of conformers in a step whose memory is measured."""


def heads(runs: Path, sequence: str, device: str) -> dict[str, PhysicalGuidance | None]:
    """Load the heads of both kinds, next to no guidance."""
    found: dict[str, PhysicalGuidance | None] = {"none": None}
    for kind, folder in HEADS.items():
        if folder is not None:
            system = load_system(sequence, guidance_network=runs / folder)
            found[kind] = system.load_physical(kind, device)
    return found


def costs(runs: Path, device: str) -> list[str]:
    """Describe time and memory of each kind as multiples of those without guidance."""
    where = torch.device(device).type
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        seconds = pool.apply(step_times, (runs, device))
        measured = {kind: pool.apply(peak_memory, (runs, device, kind)) for kind in HEADS}
    clock, place = ("processor time", "") if where == "cpu" else ("time", " on the GPU")
    return [
        f"- {kind}{place}: {seconds[kind] / seconds['none']:.2f} × the {clock} of a step "
        f"({1e3 * seconds[kind]:.0f} ms for {BATCH[where]} conformers), "
        f"{measured[kind] / measured['none']:.2f} × its peak memory ({measured[kind]:.0f} MB for "
        f"{MEMORY_BATCH[where]})"
        for kind in HEADS
    ]


def step_times(runs: Path, device: str) -> dict[str, float]:
    """Measure the median time of a step (s); the kinds alternate, so that all see the same load."""
    torch.set_num_threads(1)
    started = {kind: _start(runs, device, kind, BATCH[torch.device(device).type]) for kind in HEADS}
    measured: dict[str, list[float]] = {kind: [] for kind in HEADS}
    for _ in range(STEPS):
        for kind, run in started.items():
            start = _now(device)
            run.step()
            measured[kind].append(_now(device) - start)
    return {kind: statistics.median(found[2:]) for kind, found in measured.items()}


def peak_memory(runs: Path, device: str, kind: str) -> float:
    """Measure the peak memory of a step (MB) in this process."""
    torch.set_num_threads(1)
    _start(runs, device, kind, 1).step()  # load tables and libraries
    where = torch.device(device).type
    run = _start(runs, device, kind, MEMORY_BATCH[where])
    if where == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        run.step()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    reset_peak()
    before = memory("VmRSS")
    run.step()
    return (memory("VmHWM") - before) / 2**20


def _start(runs: Path, device: str, kind: str, samples: int) -> Run:
    sequence = proteins.get("chignolin").sequence
    term = heads(runs, sequence, device)[kind]
    cfg = load_system(sequence, model=runs / "mixture").load_networks(device)
    config = SamplerConfig(samples=samples, steps=STEPS, eta=float(bool(term)), guidance=kind)  # type: ignore[arg-type]
    return Run(cfg, sequence, config, physical=term, keep_every=10**9)


def _now(device: str) -> float:
    """Return the processor time on a CPU, or the time at which a GPU is idle, in seconds."""
    if torch.device(device).type == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()
