"""What a sweep costs beside its cells: processes, scheduling, storing, and a worker that dies.

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
DIED = 3
"""Cells after which a worker is killed."""


class Nothing:
    """A cell of no work."""

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
    """Run a sweep into an empty folder."""
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, local_cluster(workers) as client:
        store = SweepStore(Path(folder) / "sweep")
        client.run(job, cells_of(1)[0])  # imports, networks and the reference are read once

        def watch(stored: object) -> None:
            told[stored.key] += 1  # type: ignore[attr-defined]
            if kill and sum(told.values()) == DIED:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        began = time.perf_counter()
        tally = run_sweep(keyed, store, job, client, watch)
        seconds = time.perf_counter() - began
        memory = max(client.run(resident).values())
        stored = len(store.cells())
    return {
        "cells": len(keyed),
        "workers": workers,
        "seconds": seconds,
        "cells/s": len(keyed) / seconds,
        "memory of a worker (MB)": round(memory / 1e6),
        "stored": stored,
        "told twice": sum(count - 1 for count in told.values()),
        "failed": tally.failed,
    }


def alone(job: SweepJob, cells: list[Cell]) -> float:
    """Seconds a cell in this process, with nothing around it."""
    job(cells[0])
    began = time.perf_counter()
    for cell in cells:
        job(cell)
    return (time.perf_counter() - began) / len(cells)


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
    each = alone(job, cells[:8])
    rows = [
        {"what": "in this process, no sweep", "cells": 8, "workers": 0, "seconds": 8 * each,
         "cells/s": 1 / each, "memory of a worker (MB)": round(resident() / 1e6), "stored": 0,
         "told twice": 0, "failed": 0},
        *({"what": "sampled and judged", **sweep(job, keyed, count)} for count in (1, 2)),
        {"what": "the same, a worker killed", **sweep(job, keyed, 2, kill=True)},
    ]  # fmt: skip
    empty = [(f"{i:08d}", cell) for i, cell in enumerate(cells_of(options.queued))]
    rows.append({"what": "no work", **sweep(Nothing(), empty[: options.queued // 10], 1)})
    rows.append({"what": "no work", **sweep(Nothing(), empty, 1)})
    for row in rows:
        row["ms/cell"] = 1e3 * row["seconds"] / row["cells"]
    publish(
        "sweep",
        rows,
        f"Sweeps of chignolin, {SAMPLES} conformers a cell at the default settings, without "
        "energies, one thread a worker; workers have read networks and reference before. Cells of "
        "no work show what scheduling and storing cost: of that, writing and syncing a file a "
        "cell is most. “Told twice” counts cells that were reported more than once.",
    )


if __name__ == "__main__":
    main()
