"""Guided ensembles and their energies, for the benchmarks of the guidance."""

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
    """An ensemble, and at each t of the run the sizes of the score's parts (scaled units)."""
    config = SamplerConfig(guidance=physical.name if physical else "none", **settings)  # type: ignore[arg-type]
    run = Run(cfg, sequence, config, physical=physical, keep_every=10**9)
    sizes = [(state.evaluated_t or 0.0, state.mean_scores()) for state in run]
    return run.ensemble(), sizes


class Minimiser:
    """Energies after a restrained minimisation, on all cores or on the GPU, by lasting workers."""

    def __init__(self, sequence: str):
        workers = None if choose_platform("auto")[0] in GPU_PLATFORMS else os.cpu_count()
        self._arrived: SimpleQueue[EnergyResult] = SimpleQueue()
        self._pool = EnergyPool(
            sequence, EnergyConfig(), on_result=self._arrived.put, workers=workers
        )

    def __enter__(self) -> Minimiser:
        self._pool.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.__exit__(*error)

    def __call__(self, atom14: np.ndarray) -> np.ndarray:
        """Energies (N,) of heavy atoms (N, L, 14, 3) in Å, kcal/mol; NaN where there is none."""
        self._pool.submit(atom14, range(len(atom14)))
        energies = np.full(len(atom14), np.nan)
        for _ in range(len(atom14)):
            result = self._arrived.get()
            energies[int(str(result.key))] = result.energy
        return energies
