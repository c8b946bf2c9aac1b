"""Fixtures: sweeps of cheap cells whose ensemble depends on the seed and whose calls are marked."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from distributed import Client, LocalCluster

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sweep import Cell, CellResult, SweepStore, cell_key

SEQUENCE = "YYDPETGTWY"


def keyed(cells: list[Cell]) -> list[tuple[str, Cell]]:
    return [(cell_key(cell, "no weights"), cell) for cell in cells]


def by_seed(count: int) -> list[tuple[str, Cell]]:
    """Return ``count`` cells that differ in their seed."""
    return keyed([Cell("chignolin", SamplerConfig(samples=2, seed=i)) for i in range(count)])


def conformers(seed: int, samples: int = 2) -> Ensemble:
    generator = torch.Generator().manual_seed(seed)
    full = 3 * torch.randn(samples, len(SEQUENCE), 14, 3, generator=generator)
    return Ensemble(full, SEQUENCE)


@pytest.fixture
def store(tmp_path: Path) -> SweepStore:
    return SweepStore(tmp_path / "sweep")


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """A folder with a file for each computation in any process."""
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.fixture
def compute(marks: Path) -> Callable[..., Callable[[Cell], CellResult]]:
    """Return a factory of picklable functions that compute a cell."""

    def make(
        *, seconds: float = 0.0, failing: dict[int, Exception] | None = None
    ) -> Callable[[Cell], CellResult]:
        failures, folder, sequence = failing or {}, str(marks), SEQUENCE

        def run(cell: Cell) -> CellResult:
            seed = cell.config.seed
            with open(os.path.join(folder, f"{seed}-{uuid.uuid4()}"), "w") as mark:
                mark.write(str(os.getpid()))
            time.sleep(seconds)
            if seed in failures:
                raise failures[seed]
            generator = torch.Generator().manual_seed(seed)
            full = 3 * torch.randn(2, len(sequence), 14, 3, generator=generator)
            return CellResult(Ensemble(full, sequence), {"seed_squared": float(seed**2)})

        return run

    return make


def computed(marks: Path) -> list[int]:
    """Return the sorted seeds of all computations, with repetitions."""
    return sorted(int(path.name.partition("-")[0]) for path in marks.iterdir())


@pytest.fixture(scope="session")
def client():
    """A client of workers in this process, which start quickly."""
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
