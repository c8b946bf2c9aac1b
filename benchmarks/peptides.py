"""Peptides that the transferable model was not trained on, against their replica exchange.

    python benchmarks/peptides.py --data MD_FOLDER

Samples each held-out peptide (numbers that end in 6 or 9) with the sequence (γ = 1) and without it
(γ = 0) at four temperatures. Writes benchmarks/results/peptides.{md,json,png}: the excess of JS² of
CA distances and of φ, ψ over its sampling baseline, and the paired difference with a bootstrap over
peptides. peptides_ramachandran.png shows φ, ψ of six classes of residues in all of them at 350 K.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _guided import sample
from _ramachandran import CLASSES, Angles, add_angles, draw_maps
from _report import RESULTS, publish
from matplotlib.figure import Figure
from numpy.typing import NDArray

from confdiff_widgets.analysis import (
    backbone_torsions,
    ca_distances,
    js_excess,
    temperature_weights,
)
from confdiff_widgets.geometry.atom14 import BACKBONE
from confdiff_widgets.proteins.peptides import training_peptides
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.training.peptides import read_replica_exchange

HELD_OUT = "69"
"""Last digits of the numbers of held-out peptides."""

TEMPERATURES = (300.0, 350.0, 400.0, 450.0)
FEATURES = {
    "CA distances": lambda backbone: ca_distances(backbone[:, :, 1], 2),
    "φ, ψ": backbone_torsions,
}
GAMMAS = (1.0, 0.0)
DRAWS = 10_000

MAPPED = 350.0
"""Temperature of the Ramachandran maps, K."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the simulations")
    parser.add_argument("--model", type=Path, help="conditional network instead of the bundled one")
    parser.add_argument("--unconditional", type=Path)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    files = held_out(options.data)
    rows, maps = [], {name: Angles() for name in CLASSES}
    for file in files:
        row = compare(file, options, maps)
        print(row, flush=True)
        rows.append(row)
    publish(
        "peptides",
        rows,
        f"{len(rows)} peptides that the transferable model was not trained on, "
        f"{options.samples} samples at each of {', '.join(f'{t:g}' for t in TEMPERATURES)} K: "
        "excess of JS² over the sampling baseline of the replica exchange (MBAR weights), averaged "
        "over the temperatures, with the sequence (γ = 1) and without it (γ = 0). "
        + " ".join(summaries(rows)),
    )
    draw(rows).savefig(RESULTS / "peptides.png", dpi=110)
    draw_maps(maps).savefig(RESULTS / "peptides_ramachandran.png", dpi=110)


def held_out(folder: Path) -> list[Path]:
    """Return the files of the held-out peptides in the folder of the simulations."""
    return sorted((folder / "peptides").glob(f"[0-9][0-9][0-9][{HELD_OUT}]_*.npz"))


def compare(
    file: Path, options: argparse.Namespace, maps: dict[str, Angles]
) -> dict[str, str | int | float]:
    """Return the excesses of a peptide, averaged over the temperatures, and add to the maps."""
    long = file.name.startswith("1")
    exchange = read_replica_exchange(file, skip=30 if long else 16)
    sequence = exchange.atoms.sequence
    assert sequence not in training_peptides()
    backbone = exchange.atoms.positions[:, :, BACKBONE]
    kelvin, potential = exchange.kelvin.ravel(), exchange.potential.ravel()
    replica = np.tile(np.arange(exchange.kelvin.shape[1]), len(exchange.kelvin))
    system = load_system(sequence, model=options.model, unconditional=options.unconditional)
    cfg = system.load_networks(guidance="temperature")
    physical = system.load_physical("temperature")
    found: dict[tuple[str, float], list[float]] = {}
    for temperature in TEMPERATURES:
        weights = temperature_weights(potential, kelvin, temperature)
        some = weights > 1e-3 * weights.max()
        for gamma in GAMMAS:
            ensemble, _ = sample(
                cfg,
                sequence,
                physical,
                samples=options.samples,
                temperature=temperature,
                gamma=gamma,
                seed=options.seed,
            )
            if temperature == MAPPED and gamma == 1:
                add_angles(maps, sequence, backbone[some], weights[some], ensemble.backbone)
            for name, feature in FEATURES.items():
                excess = js_excess(
                    feature(ensemble.backbone),
                    feature(backbone[some]),
                    replica[some] % 2 == 0,
                    weights=weights[some],
                )
                found.setdefault((name, gamma), []).append(excess.value)
    return {
        "peptide": file.stem,
        "residues": len(sequence),
        **{f"{name}, γ = {gamma:g}": float(np.mean(v)) for (name, gamma), v in found.items()},
    }


def summaries(rows: list[dict]) -> list[str]:
    """Describe the paired difference and the ratio of the medians for each feature."""
    texts = []
    for name in FEATURES:
        with_sequence, without = (column(rows, name, gamma) for gamma in GAMMAS)
        low, middle, high = bootstrap(without - with_sequence)
        ratio = np.median(with_sequence) / np.median(without)
        texts.append(
            f"{name}: median difference {middle:.4f} (95 % interval {low:.4f} to {high:.4f}), "
            f"ratio of the medians {ratio:.2f}."
        )
    return texts


def column(rows: list[dict], name: str, gamma: float) -> NDArray[np.float64]:
    return np.array([row[f"{name}, γ = {gamma:g}"] for row in rows])


def bootstrap(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the median of values and its 95 % interval from a bootstrap: low, median, high."""
    draws = np.random.default_rng(0).choice(values, (DRAWS, len(values)))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    return float(low), float(np.median(values)), float(high)


def draw(rows: list[dict]) -> Figure:
    """Draw the excess of each peptide with and without its sequence."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2, sharey=True), FEATURES, strict=True):
        place = np.arange(len(rows))
        for gamma, marker in zip(GAMMAS, "os", strict=True):
            axes.plot(column(rows, name, gamma), place, marker, label=f"γ = {gamma:g}")
        axes.set(xlabel=f"Excess of JS² of {name}", yticks=place)
        axes.set_yticklabels([row["peptide"] for row in rows], fontsize=7)
        axes.axvline(0, color="0.7", zorder=0)
        axes.grid(axis="y", alpha=0.3)
        axes.legend()
    return figure


if __name__ == "__main__":
    main()
