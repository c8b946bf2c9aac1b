"""Melting curves and ensembles of thermal networks against molecular dynamics.

    python benchmarks/temperature.py chignolin --data MD_FOLDER --model runs/thermal

Samples at the temperatures of the replica exchange and at 300, 350, 400 and 450 K, and writes
benchmarks/results/temperature_PROTEIN.{md,json,png}: the folded fraction beside that of the
simulation, and the excess of JS divergences over their sampling baselines.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _exchange import FOLDERS, Exchange
from _guided import sample
from _report import RESULTS, publish
from matplotlib.figure import Figure

from confdiff_widgets import proteins
from confdiff_widgets.analysis import backbone_clash_free, ca_rmsd
from confdiff_widgets.analysis.validity import BACKBONE_CLASH_DISTANCE
from confdiff_widgets.proteins.system import load_system

COMPARED = (300.0, 350.0, 400.0, 450.0)
"""Temperatures of the JS divergences, K."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("protein", choices=sorted(FOLDERS))
    parser.add_argument("--data", type=Path, required=True, help="folder of the simulations")
    parser.add_argument("--model", type=Path, required=True, help="thermal conditional network")
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", action="store_true", help="trained on half of the replicas")
    options = parser.parse_args()
    protein = proteins.get(options.protein)
    reference, cutoff = protein.reference(), protein.folded_cutoff
    exchange = Exchange.read(options.data, options.protein)
    system = load_system(options.protein, model=options.model)
    cfg, physical = system.load_networks(), system.load_physical("temperature")

    rows = []
    for kelvin in sorted({*exchange.temperatures, *COMPARED}):
        ensemble, _ = sample(
            cfg,
            system.sequence,
            physical,
            samples=options.samples,
            temperature=kelvin,
            seed=options.seed,
        )
        folded = float((ca_rmsd(ensemble.ca, reference.folded_ca) < cutoff).mean())
        row = {
            "T (K)": round(float(kelvin), 1),
            "folded": folded,
            "± (binomial)": float(np.sqrt(folded * (1 - folded) / options.samples)),
            "folded MD": "–",
            "± MD": "–",
            "backbone clashes": 1 - backbone_clash_free(ensemble.backbone).mean(),
            "√excess PwD": "–",
            "√excess TIC": "–",
            "√excess φ, ψ": "–",
            "baselines": "–",
        }
        if kelvin in exchange.temperatures:
            row["folded MD"], row["± MD"] = exchange.folded(reference, cutoff, kelvin)
        if kelvin in COMPARED:
            found = exchange.excess(ensemble.backbone, reference, kelvin, split=options.split)
            row |= {f"√excess {name}": one.text() for name, one in found.items()}
            row["baselines"] = " / ".join(f"{one.baseline**0.5:.3f}" for one in found.values())
        print(row, flush=True)
        rows.append(row)
    publish(
        f"temperature_{options.protein}",
        rows,
        f"{protein.title}: {options.samples} samples of a thermal network at γ = 1, against the "
        f"replica exchange without its first quarter. Folded: CA-RMSD < {cutoff:g} Å; error of the "
        "MD from four blocks of time. √excess: square root of the mean JS² above its sampling "
        "baseline (both parts: finite samples and the MD's own error); baselines as square roots "
        f"in the order PwD / TIC / φ, ψ. Backbone clash: N, CA, C, O closer than "
        f"{BACKBONE_CLASH_DISTANCE:g} Å with |i − j| ≥ 2.",
    )
    _plot(rows, options.protein)


def _plot(rows: list[dict], protein: str) -> None:
    figure = Figure(figsize=(6, 4), layout="constrained")
    axis = figure.subplots()
    kelvin, folded, error = (
        np.array([row[key] for row in rows]) for key in ("T (K)", "folded", "± (binomial)")
    )
    axis.errorbar(kelvin, folded, 1.96 * error, marker="o", capsize=2, label="thermal network")
    md = [row for row in rows if row["folded MD"] != "–"]
    axis.errorbar(
        [row["T (K)"] for row in md],
        [row["folded MD"] for row in md],
        [1.96 * row["± MD"] for row in md],
        marker="s",
        capsize=2,
        label="molecular dynamics",
    )
    axis.set(xlabel="Temperature (K)", ylabel="Folded fraction", ylim=(0, 1))
    axis.legend(frameon=False)
    figure.savefig(RESULTS / f"temperature_{protein}.png", dpi=110)


if __name__ == "__main__":
    main()
