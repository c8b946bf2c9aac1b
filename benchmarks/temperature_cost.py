"""Cost of a step with temperature guidance at γ = 1, relative to an unguided step.

    python benchmarks/temperature_cost.py [--samples N] [--rounds N]

Processor time of runs on the CPU, guided and unguided in turn on the same thermal networks. The
unguided steps are those of the hot ensemble (guidance "none"). Target: at most 1.1 times. Writes
benchmarks/results/temperature_cost.{md,json}.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from _report import publish

from confdiff_widgets import proteins
from confdiff_widgets.guidance.temperature import TemperatureGuidance
from confdiff_widgets.proteins import Protein
from confdiff_widgets.sampling import Run, SamplerConfig

STEPS = 10


def seconds_per_step(protein: Protein, samples: int, kelvin: float | None) -> tuple[float, float]:
    """Return the processor time and the network evaluations of a step."""
    cfg = protein.load_networks(thermal=True)
    config = SamplerConfig(samples=samples, steps=STEPS, seed=1, temperature=kelvin)
    physical = None if kelvin is None else TemperatureGuidance(cfg.model)
    run = Run(cfg, protein.sequence, config, physical=physical, keep_every=STEPS)
    run.step()
    start = time.process_time()
    for _ in run:
        pass
    return (time.process_time() - start) / (STEPS - 1), run.evaluations / STEPS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in proteins.names():
        protein = proteins.get(name)
        plain, guided = [], []
        for _ in range(options.rounds):
            plain.append(seconds_per_step(protein, options.samples, None))
            guided.append(seconds_per_step(protein, options.samples, protein.temperature))
        ratio = np.array([g[0] / p[0] for g, p in zip(guided, plain, strict=True)])
        rows.append(
            {
                "protein": protein.title,
                "unguided (ms)": round(1000 * float(np.median([p[0] for p in plain])), 1),
                "temperature (ms)": round(1000 * float(np.median([g[0] for g in guided])), 1),
                "ratio": round(float(np.median(ratio)), 3),
                "evaluations per step": f"{plain[0][1]:g}, {guided[0][1]:g}",
            }
        )
    about = (
        f"Processor time of a step of {options.samples} conformers at γ = 1 on one core, median of "
        f"{options.rounds} pairs of runs. Target for the ratio: at most 1.1."
    )
    publish("temperature_cost", rows, about)


if __name__ == "__main__":
    main()
