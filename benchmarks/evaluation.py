"""Measure time and memory of full evaluations of short and long chains.

    python benchmarks/evaluation.py [--case FRAMESxRESIDUES ...]

Without --case: 100,000 frames of 35 residues and 10,000 of 214, each against as many reference
frames. The frames are synthetic: a chain that moves along slow and fast random directions. Each
case fits the TICA, finds states, evaluates and writes the HTML report in a separate process with
two threads, and reports its peak memory. Writes benchmarks/results/evaluation_time.{md,json}.
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

CASES = ("100000x35", "10000x214")
TRAJECTORIES = 10
FRAME_PS, LAG_PS = 10.0, 100.0


def chain(frames: int, residues: int, seed: int) -> np.ndarray:
    """Simulate CA positions (frames, residues, 3) in Å of a chain with slow collective motions."""
    rng = np.random.default_rng(seed)
    folded = np.cumsum(np.random.default_rng(7).normal(size=(residues, 3)), axis=0) * 2.2
    modes = np.random.default_rng(8).normal(size=(3, residues, 3))
    modes = np.cumsum(modes, axis=1) / np.sqrt(residues)
    slow = np.zeros((frames, 3))
    kicks = rng.normal(size=(frames, 3))
    keep = np.exp(-1 / np.array([400.0, 150.0, 30.0]))
    for t in range(1, frames):
        slow[t] = keep * slow[t - 1] + np.sqrt(1 - keep**2) * kicks[t]
    moved = folded + np.einsum("nk,klx->nlx", 3 * slow, modes)
    return (moved + 0.4 * rng.normal(size=moved.shape)).astype(np.float32)


def child(frames: int, residues: int) -> list[dict]:
    """Measure wall time, processor time and peak memory of each stage of a case."""
    from _memory import memory

    from confdiff_widgets.analysis import fit_tica
    from confdiff_widgets.ensembles import EnsembleData
    from confdiff_widgets.reports import Target, evaluate
    from confdiff_widgets.reports.saving import save

    rows = []
    sample, known = chain(frames, residues, 1), chain(frames, residues, 2)
    started = [time.perf_counter(), time.process_time()]

    def done(stage: str) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        rows.append({"case": f"{frames} × {residues}", "stage": stage, "seconds": wall - started[0],
                     "processor seconds": cpu - started[1],
                     "memory so far (GB)": memory("VmHWM") / 2**30})  # fmt: skip
        started[:] = wall, cpu

    tica = fit_tica(np.array_split(known, TRAJECTORIES), lag_ps=LAG_PS, frame_ps=FRAME_PS)
    done("TICA of the reference")
    target = Target(
        "synthetic", "A" * residues, known, None,
        np.repeat(np.arange(TRAJECTORIES), [len(p) for p in np.array_split(known, TRAJECTORIES)]),
        known[0], None, tica, 300.0, FRAME_PS, (),
    )  # fmt: skip
    evaluation = evaluate([EnsembleData("synthetic", target.sequence, sample)], target)
    done("metrics, baselines, intervals, states, efficiency")
    with tempfile.TemporaryDirectory() as folder:
        save(evaluation, Path(folder) / "report")
    done("HTML report, JSON, CSV")
    total = {key: sum(row[key] for row in rows) for key in ("seconds", "processor seconds")}
    case = rows[-1]["case"]
    return [
        *rows,
        {
            "case": case,
            "stage": "all",
            **total,
            "memory so far (GB)": rows[-1]["memory so far (GB)"],
        },
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", action="append", help="FRAMESxRESIDUES; repeat for several")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(*map(int, options.case[0].split("x")))))
        return
    from _report import publish

    threads = {f"{name}_NUM_THREADS": "2" for name in ("OMP", "MKL", "OPENBLAS")}
    rows: list[dict] = []
    for case in options.case or CASES:
        answer = subprocess.run(
            [sys.executable, __file__, "--child", "--case", case],
            env=os.environ | threads, check=True, capture_output=True, text=True,
        )  # fmt: skip
        rows += json.loads(answer.stdout)
    load = os.getloadavg()[0]
    publish(
        "evaluation_time",
        rows,
        "Cases: frames × residues (synthetic), against as many reference frames: the full "
        "evaluation with two threads. Average load over the last minute, including this process: "
        f"{load:.1f} on {os.cpu_count()} cores. If the load exceeds the number of cores, processor "
        "time is more meaningful than wall time.",
    )


if __name__ == "__main__":
    main()
