"""Time and memory of a full evaluation of 100,000 frames of 35 residues.

    python benchmarks/evaluation.py [--frames N] [--reference N]

The frames are made up, and say nothing of a protein: a chain that moves along slow and fast random
directions. Fits the TICA, finds states, judges, and writes the HTML report, in a process of its own
with two threads; the largest memory of that process counts. Writes
benchmarks/results/evaluation_time.{md,json}.
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
    """CA positions (frames, RESIDUES, 3) in Å of a chain with slow collective motions."""
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
    """Stages with wall and processor seconds and the memory so far."""
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
        "made up", "A" * RESIDUES, known, None,
        np.repeat(np.arange(TRAJECTORIES), [len(p) for p in np.array_split(known, TRAJECTORIES)]),
        known[0], None, tica, 300.0, FRAME_PS, (),
    )  # fmt: skip
    evaluation = evaluate([EnsembleData("made up", target.sequence, sample)], target)
    done("metrics, floors, intervals, states, efficiency")
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
    busy = os.getloadavg()[0]
    publish(
        "evaluation_time",
        json.loads(answer.stdout),
        f"{options.frames} frames of {RESIDUES} residues (made up) against {options.reference} "
        "reference frames: the full evaluation, two threads. Load of the machine over the minute "
        f"before the end, this process included: {busy:.1f} on {os.cpu_count()} cores; where "
        "that is more than the cores, processor seconds say more than seconds.",
    )


if __name__ == "__main__":
    main()
