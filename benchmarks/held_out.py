"""Test generalisation: train on the even replicas of chignolin, evaluate on the odd ones.

    confdiff train recipes/even_replicas.toml --data MD_FOLDER --out runs/even_replicas
    python benchmarks/held_out.py runs/even_replicas

Compares the CA-RMSD of samples to the nearest training frame with that of MD frames of the odd
replicas, which were not used for training. Writes benchmarks/results/held_out.{md,json,png}.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _report import RESULTS, publish
from matplotlib.figure import Figure

from confdiff_widgets import proteins
from confdiff_widgets.analysis import js_pwd, js_rg, nearest_rmsd
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import Run, SamplerConfig

PERCENTILES = (5, 25, 50, 75, 95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    protein = proteins.get("chignolin")
    reference = protein.reference()
    training = reference.ca[reference.replica % 2 == 0]
    unseen = reference.ca[reference.replica % 2 == 1]
    cfg = load_system("chignolin", model=options.model).load_networks()
    run = Run(
        cfg,
        protein.sequence,
        SamplerConfig(samples=options.samples, seed=options.seed),
        keep_every=10**9,
    )
    for _ in run:
        pass
    rng = np.random.default_rng(options.seed)
    sets = {
        "samples": run.ensemble().ca,
        "unseen MD": unseen[rng.choice(len(unseen), options.samples, replace=False)],
    }
    nearest = {name: nearest_rmsd(ca, training) for name, ca in sets.items()}
    rows = [
        {
            "set": name,
            **{f"nearest RMSD {q} % (Å)": np.percentile(nearest[name], q) for q in PERCENTILES},
            "JS-PwD to training": js_pwd(ca, training),
            "JS-Rg to training": js_rg(ca, training),
            "JS-PwD to unseen": js_pwd(ca, unseen),
            "JS-Rg to unseen": js_rg(ca, unseen),
        }
        for name, ca in sets.items()
    ]
    publish(
        "held_out",
        rows,
        f"Chignolin, network trained on the {len(training)} frames of even replicas; "
        f"{options.samples} samples. Even replicas start folded and odd ones from a heated chain, "
        "so the populations of the two halves differ; the nearest RMSD compares structures only.",
    )
    plot = Figure(figsize=(6, 4), layout="constrained")
    axis = plot.subplots()
    for name, values in nearest.items():
        axis.hist(values, bins=50, range=(0, 2.5), density=True, histtype="step", label=name)
    axis.set(xlabel="CA-RMSD to the nearest training frame (Å)", ylabel="density (1/Å)")
    axis.legend()
    plot.savefig(RESULTS / "held_out.png", dpi=110)


if __name__ == "__main__":
    main()
