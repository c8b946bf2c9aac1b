"""Measure time and memory of a full evaluation of 100,000 frames of 35 residues.

    python benchmarks/evaluation.py [--frames N] [--reference N]

The frames are synthetic: a chain that moves along slow and fast random directions. The benchmark
fits the TICA, finds states, evaluates and writes the HTML report in a separate process with two
threads, and reports its peak memory. Writes benchmarks/results/evaluation_time.{md,json}.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RESIDUES = 35
TRAJECTORIES = 10
FRAME_PS, LAG_PS = 10.0, 100.0


def chain(frames: int, seed: int) -> np.ndarray:
    """Simulate CA positions (frames, RESIDUES, 3) in Å of a chain with slow collective motions."""
    rng = np.random.default_rng(seed)
    folded = np.cumsum(np.random.default_rng(7).normal(size=(RESIDUES, 3)), axis=0) * 2.2
    modes = np.random.default_rng(8).normal(size=(3, RESIDUES, 3))
    modes = np.cumsum(modes, axis=1) / np.sqrt(RESIDUES)
    slow = np.zeros((frames, 3))
    kicks = rng.normal(size=(frames, 3))
    keep = np.exp(-1 / np.array([400.0, 150.0, 30.0]))
    for t in range(1, frames):
        slow[t] = keep * slow[t - 1] + np.sqrt(1 - keep**2) * kicks[t]
    moved = folded + np.einsum("nk,klx->nlx", 3 * slow, modes)
    return (moved + 0.4 * rng.normal(size=moved.shape)).astype(np.float32)


def child(frames: int, reference: int) -> list[dict]:
    """Measure wall time, processor time and peak memory of each stage."""
    from _memory import memory

    from confdiff_widgets.analysis import fit_tica
    from confdiff_widgets.ensembles import EnsembleData
    from confdiff_widgets.reports import Target, evaluate
    from confdiff_widgets.reports.saving import save

    rows = []
    sample, known = chain(frames, 1), chain(reference, 2)
    started = [time.perf_counter(), time.process_time()]

    def done(stage: str) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        rows.append({"stage": stage, "seconds": wall - started[0],
                     "processor seconds": cpu - started[1],
                     "memory so far (GB)": memory("VmHWM") / 2**30})  # fmt: skip
        started[:] = wall, cpu

    tica = fit_tica(np.array_split(known, TRAJECTORIES), lag_ps=LAG_PS, frame_ps=FRAME_PS)
    done("TICA of the reference")
    target = Target(
        "synthetic", "A" * RESIDUES, known, None,
        np.repeat(np.arange(TRAJECTORIES), [len(p) for p in np.array_split(known, TRAJECTORIES)]),
        known[0], None, tica, 300.0, FRAME_PS, (),
    )  # fmt: skip
    evaluation = evaluate([EnsembleData("synthetic", target.sequence, sample)], target)
    done("metrics, baselines, intervals, states, efficiency")
    with tempfile.TemporaryDirectory() as folder:
        save(evaluation, Path(folder) / "report")
    done("HTML report, JSON, CSV")
    total = {key: sum(row[key] for row in rows) for key in ("seconds", "processor seconds")}
    return [*rows, {"stage": "all", **total, "memory so far (GB)": rows[-1]["memory so far (GB)"]}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--reference", type=int, default=100_000)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(options.frames, options.reference)))
        return
    from _report import publish

    settings = ["--frames", str(options.frames), "--reference", str(options.reference)]
    threads = {f"{name}_NUM_THREADS": "2" for name in ("OMP", "MKL", "OPENBLAS")}
    answer = subprocess.run(
        [sys.executable, __file__, "--child", *settings],
        env=os.environ | threads, check=True, capture_output=True, text=True,
    )  # fmt: skip
    load = os.getloadavg()[0]
    publish(
        "evaluation_time",
        json.loads(answer.stdout),
        f"{options.frames} frames of {RESIDUES} residues (synthetic) against {options.reference} "
        "reference frames: the full evaluation with two threads. Average load over the last "
        f"minute, including this process: {load:.1f} on {os.cpu_count()} cores. If the load "
        "exceeds the number of cores, processor time is more meaningful than wall time.",
    )


if __name__ == "__main__":
    main()
