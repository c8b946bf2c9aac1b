"""Guided ensembles and their energies, for the benchmarks of guidance."""

from __future__ import annotations

import os
from queue import SimpleQueue

import numpy as np

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.guidance import ClassifierFreeGuidance, PhysicalGuidance, Schedule
from confdiff_widgets.physics import EnergyConfig, EnergyPool, EnergyResult, choose_platform
from confdiff_widgets.physics.platform import GPU_PLATFORMS
from confdiff_widgets.sampling import Run, SamplerConfig


def sample(
    cfg: ClassifierFreeGuidance,
    sequence: str,
    physical: PhysicalGuidance | None,
    **settings: int | float | str | Schedule,
) -> tuple[Ensemble, list[tuple[float, dict[str, float]]]]:
    """Sample an ensemble, and return the size of each score term at each t (scaled units)."""
    config = SamplerConfig(guidance=physical.name if physical else "none", **settings)  # type: ignore[arg-type]
    run = Run(cfg, sequence, config, physical=physical, keep_every=10**9)
    sizes = [(state.evaluated_t or 0.0, state.mean_scores()) for state in run]
    return run.ensemble(), sizes


class Minimiser:
    """Computes energies after a restrained minimisation, on all cores or on the GPU."""

    def __init__(self, sequence: str):
        workers = None if choose_platform("auto")[0] in GPU_PLATFORMS else os.cpu_count()
        self._received: SimpleQueue[EnergyResult] = SimpleQueue()
        self._pool = EnergyPool(
            sequence, EnergyConfig(), on_result=self._received.put, workers=workers
        )

    def __enter__(self) -> Minimiser:
        self._pool.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.__exit__(*error)

    def __call__(self, atom14: np.ndarray) -> np.ndarray:
        """Compute energies (N,) in kcal/mol of heavy atoms (N, L, 14, 3) in Å; NaN on failure."""
        self._pool.submit(atom14, range(len(atom14)))
        energies = np.full(len(atom14), np.nan)
        for _ in range(len(atom14)):
            result = self._received.get()
            energies[int(str(result.key))] = result.energy
        return energies
