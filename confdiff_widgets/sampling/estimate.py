"""Estimates of the memory and time of a run before it starts.

Memory comes from a cost model, time from a cost model and one timed evaluation.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import torch

from ..errors import SettingsError
from ..guidance.registry import KINDS
from ..guidance.schedule import strength_bounds
from ..ranges import Range
from .memory import available_bytes
from .run import Run

SAMPLE = 64
"""Residues of the timed evaluation; the time of longer proteins is extrapolated."""

REPEATS = 4

HOURS_RANGE = Range(0, 1e6, above=True, unit="h")


@dataclass(frozen=True)
class Estimate:
    """Memory and time of a run.

    Attributes
    ----------
    length, samples : int
    batch : int
        Conformers per network evaluation.
    bytes_each : int
        Memory of the evaluation of one conformer.
    bytes_free : int
        Free memory of the device.
    seconds : float
        Time of all steps.
    """

    length: int
    samples: int
    batch: int
    bytes_each: int
    bytes_free: int
    seconds: float

    def check_time(self, max_hours: float) -> None:
        """Refuse a run that takes longer than ``max_hours``.

        Raises
        ------
        SettingsError
            With the estimate and the limit.
        """
        HOURS_RANGE.check(max_hours, "max_hours")
        if self.seconds > 3600 * max_hours:
            raise SettingsError(
                f"Sampling would take about {_duration(self.seconds)}, and the limit is "
                f"{max_hours:g} h. Use fewer conformers or steps, or raise the limit with "
                "--max-hours."
            )

    def describe(self) -> str:
        """Return a one-line summary."""
        single_batch = self.batch >= self.samples
        batches = "in one batch" if single_batch else f"in batches of {self.batch}"
        return (
            f"{self.samples} conformers of {self.length} residues, {batches}: about "
            f"{_size(self.bytes_each * min(self.batch, self.samples))} of "
            f"{_size(self.bytes_free)} free, and {_duration(self.seconds)}"
        )


def estimate(run: Run) -> Estimate:
    """Estimate the memory and time of a run that has not started; times one short evaluation."""
    length, samples = len(run.sequence), run.config.samples
    evaluations = run.steps * run.solver.evaluations
    work = samples * evaluations * sum(_costs(run, length))
    return Estimate(
        length=length,
        samples=samples,
        batch=run.batch,
        bytes_each=run.cfg.model.evaluation_bytes(length),
        bytes_free=available_bytes(run.device),
        seconds=work / _rate(run),
    )


def _costs(run: Run, length: int) -> list[float]:
    """Return the work of each network in one evaluation of the run's score, for one conformer."""
    cfg, physical = run.cfg, run.guided.physical
    gammas, etas = set(strength_bounds(run.gamma)), set(strength_bounds(run.eta))
    costs = []
    if cfg.conditional is not None and gammas != {0.0}:
        costs.append(cfg.conditional.work(length))
    if cfg.unconditional is not None and gammas != {1.0}:
        costs.append(cfg.unconditional.work(length))
    if physical is not None and etas != {0.0}:
        factor = KINDS[physical.name].evaluations if physical.name in KINDS else 1.0
        if run.guided.shares_network and gammas != {0.0}:
            factor -= 1.0
        costs.append(factor * (physical.model or cfg.model).work(length))
    return costs


@torch.inference_mode()
def _rate(run: Run) -> float:
    """Measure multiplications per second on the first residues of the run's conformers."""
    length = min(SAMPLE, len(run.sequence))
    batch = min(run.batch, max(1, 4 * SAMPLE // length))
    model, rigid = run.cfg.model.first_residues(length), run.state.rigid[:batch, :length]
    seconds = []
    for _ in range(REPEATS):
        _wait(run.device)
        began = time.perf_counter()
        model(rigid, run.state.t)
        _wait(run.device)
        seconds.append(time.perf_counter() - began)
    # The first evaluation is a warm-up.
    return batch * model.work(length) / statistics.median(seconds[1:])


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _size(count: float) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
