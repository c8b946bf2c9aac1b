"""Measure the overhead of a sweep: processes, scheduling, storing, and a killed worker.

    python benchmarks/sweep.py [--cells N] [--queued N]

Prints a table and writes benchmarks/results/sweep.{md,json}.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
from _report import publish

from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sweep import Cell, CellResult, SweepStore, local_cluster, run_sweep
from confdiff_widgets.sweep.job import SweepJob

SAMPLES = 64
CELLS_BEFORE_KILL = 3
"""Number of cells after which a worker is killed."""


class EmptyJob:
    """A job without work."""

    def __call__(self, cell: Cell) -> CellResult:
        return CellResult(None, {"seed": float(cell.config.seed)})


def cells_of(count: int) -> list[Cell]:
    return [Cell("chignolin", SamplerConfig(samples=SAMPLES, seed=seed)) for seed in range(count)]


def resident() -> int:
    return psutil.Process().memory_info().rss


def sweep(
    job: Callable[[Cell], CellResult],
    keyed: list[tuple[str, Cell]],
    workers: int,
    *,
    kill: bool = False,
) -> dict:
    """Run a sweep into an empty folder and return a row of the table."""
    reports: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, local_cluster(workers) as client:
        store = SweepStore(Path(folder) / "sweep")
        client.run(job, cells_of(1)[0])  # read imports, networks and reference beforehand

        def watch(stored: object) -> None:
            reports[stored.key] += 1  # type: ignore[attr-defined]
            if kill and sum(reports.values()) == CELLS_BEFORE_KILL:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        start = time.perf_counter()
        tally = run_sweep(keyed, store, job, client, watch)
        seconds = time.perf_counter() - start
        memory = max(client.run(resident).values())
        stored = len(store.cells())
    return {
        "cells": len(keyed),
        "workers": workers,
        "seconds": seconds,
        "cells/s": len(keyed) / seconds,
        "memory per worker (MB)": round(memory / 1e6),
        "stored": stored,
        "reported twice": sum(count - 1 for count in reports.values()),
        "failed": tally.failed,
    }


def without_sweep(job: SweepJob, cells: list[Cell]) -> float:
    """Return the time per cell in this process without a sweep, s."""
    job(cells[0])
    start = time.perf_counter()
    for cell in cells:
        job(cell)
    return (time.perf_counter() - start) / len(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=24)
    parser.add_argument("--queued", type=int, default=10_000)
    options = parser.parse_args()
    job = SweepJob(energies=0)
    cells = cells_of(options.cells)
    keyed = job.keys(cells)
    import torch

    torch.set_num_threads(1)
    each = without_sweep(job, cells[:8])
    rows = [
        {"case": "without a sweep", "cells": 8, "workers": 0, "seconds": 8 * each,
         "cells/s": 1 / each, "memory per worker (MB)": round(resident() / 1e6), "stored": 0,
         "reported twice": 0, "failed": 0},
        *({"case": "sampled and evaluated", **sweep(job, keyed, count)} for count in (1, 2)),
        {"case": "the same, one worker killed", **sweep(job, keyed, 2, kill=True)},
    ]  # fmt: skip
    empty = [(f"{i:08d}", cell) for i, cell in enumerate(cells_of(options.queued))]
    rows.append({"case": "empty cells", **sweep(EmptyJob(), empty[: options.queued // 10], 1)})
    rows.append({"case": "empty cells", **sweep(EmptyJob(), empty, 1)})
    for row in rows:
        row["ms/cell"] = 1e3 * row["seconds"] / row["cells"]
    publish(
        "sweep",
        rows,
        f"Sweeps of chignolin, {SAMPLES} conformers per cell at the default settings, without "
        "energies, one thread per worker; networks and reference are read beforehand. Empty cells "
        "show the cost of scheduling and storing, most of which is writing and syncing one file "
        "per cell. “Reported twice” counts cells that were reported more than once.",
    )


if __name__ == "__main__":
    main()
