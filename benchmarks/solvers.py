"""Measure quality against the number of network evaluations for each solver.

    python benchmarks/solvers.py [--samples N] [--protein NAME] [--evaluations 5 10 20 ...]

Prints a table and writes benchmarks/results/solvers.{md,json} and solvers.png. The first
row is the sampling baseline; ± is half of the 95 % interval.
"""

from __future__ import annotations

import argparse

import numpy as np
from _report import RESULTS, publish
from matplotlib.figure import Figure
from quality import sample

from confdiff_widgets import proteins
from confdiff_widgets.analysis import Comparison, compare, local_geometry
from confdiff_widgets.proteins import Protein

EVALUATIONS = (5, 10, 20, 40, 100, 1000)
SOLVERS = {
    "em": {"solver": "em"},
    "ddim": {"solver": "ddim", "stochasticity": 0.0},
    "ddim, noise 1": {"solver": "ddim", "stochasticity": 1.0},
    "dpm": {"solver": "dpm", "stochasticity": 0.0},
    "dpm, noise 0.5": {"solver": "dpm", "stochasticity": 0.5},
    "dpm, noise 1": {"solver": "dpm", "stochasticity": 1.0},
    "heun": {"solver": "heun"},
}
EM_ONLY = 1000
"""From this number of evaluations on, only the published sampler is measured."""
SHOWN = ("js_pwd", "js_rg", "js_tic", "folded", "val_clash", "val_bond")


def row(protein: Protein, label: str, evaluations: int, samples: int, seed: int) -> dict:
    """Measure one row of the table."""
    reference = protein.reference()
    steps = max(1, evaluations // 2) if label == "heun" else evaluations
    ensemble = sample(protein, samples=samples, steps=steps, seed=seed, **SOLVERS[label])
    comparison = compare(
        ensemble.ca, reference.ca, folded=reference.folded_ca, tica=reference.tica, seed=seed
    )
    local = local_geometry(ensemble.backbone)
    return {
        "solver": label,
        "evaluations": evaluations,
        **{comparison[key].info.label: _with_error(comparison, key) for key in SHOWN},
        "C–N (Å)": f"{local.c_n.mean():.3f} ± {local.c_n.std():.3f}",
        "CA–CA (Å)": f"{local.ca_ca.mean():.3f} ± {local.ca_ca.std():.3f}",
    }


def _with_error(comparison: Comparison, key: str) -> str:
    metric = comparison[key]
    return f"{metric.value:.3f} ± {(metric.high - metric.low) / 2:.3f}"


def baseline_row(protein: Protein, samples: int, seed: int) -> dict:
    """Return the sampling baselines for a number of samples."""
    reference = protein.reference()
    frames = np.random.default_rng(seed).integers(len(reference.ca), size=samples)
    comparison = compare(
        reference.ca[frames],
        reference.ca,
        folded=reference.folded_ca,
        tica=reference.tica,
        seed=seed,
    )
    local = local_geometry(reference.backbone)
    baselines = {
        comparison[key].info.label: f"{comparison[key].baseline_mean:.3f} ± "
        f"{1.96 * comparison[key].baseline_sd:.3f}"
        for key in SHOWN
    }
    return {
        "solver": "sampling baseline",
        "evaluations": "",
        **baselines,
        "C–N (Å)": f"{local.c_n.mean():.3f} ± {local.c_n.std():.3f}",
        "CA–CA (Å)": f"{local.ca_ca.mean():.3f} ± {local.ca_ca.std():.3f}",
    }


def figure(rows: list[dict], name: str) -> None:
    """Plot JS-PwD, JS-TIC and folded fraction against evaluations."""
    plot = Figure(figsize=(13, 4), layout="constrained")
    for axis, label in zip(plot.subplots(1, 3), ("JS-PwD", "JS-TIC", "Folded"), strict=True):
        for solver in SOLVERS:
            points = [r for r in rows if r["solver"] == solver]
            values = [[float(part) for part in r[label].split(" ± ")] for r in points]
            axis.errorbar(
                [r["evaluations"] for r in points],
                [v[0] for v in values],
                yerr=[v[1] for v in values],
                marker="o",
                markersize=3,
                linewidth=1,
                label=solver,
            )
        baseline = float(rows[0][label].split(" ± ")[0])
        axis.axhline(baseline, color="black", linestyle=":", label="sampling baseline")
        axis.set(xscale="log", xlabel="network evaluations", ylabel=label)
    axis.legend(fontsize=7, ncols=2)
    plot.suptitle(name)
    plot.savefig(RESULTS / "solvers.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--protein", default="chignolin")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluations", type=int, nargs="+", default=list(EVALUATIONS))
    options = parser.parse_args()
    protein = proteins.get(options.protein)
    rows = [baseline_row(protein, options.samples, options.seed)]
    for label in SOLVERS:
        for evaluations in options.evaluations:
            if evaluations < EM_ONLY or label == "em":
                rows.append(row(protein, label, evaluations, options.samples, options.seed))
                print(rows[-1], flush=True)
    publish(
        "solvers",
        rows,
        f"{protein.title}, {options.samples} conformers, γ = 1, against the bundled reference. "
        "em stops at t = 0.01 and makes 99 % of the given steps; heun needs two evaluations per "
        "step.",
    )
    figure(rows, protein.title)


if __name__ == "__main__":
    main()
