"""Sweeps of cells that cost nothing: an ensemble made of the seed, and a mark for each call."""

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
    """As many different cells."""
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
    """A folder with a file for each computation, wherever it was made."""
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.fixture
def compute(marks: Path) -> Callable[..., Callable[[Cell], CellResult]]:
    """Makes functions that compute a cell, in other processes too (so nothing here is by name)."""

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
    """Seeds that were computed, in order; one that was computed twice is there twice."""
    return sorted(int(path.name.partition("-")[0]) for path in marks.iterdir())


@pytest.fixture(scope="session")
def client():
    """Workers in this process: quick to start, and nothing to kill."""
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
