"""Excess on held-out peptides against the number and length of the training peptides.

    python benchmarks/learning_curve.py --data MD_FOLDER

Trains the conditional thermal network at an equal, short schedule on a quarter, a half and all of
the training peptides, and on all but those of 10 to 12 residues. Then evaluates each network as
benchmarks/peptides.py does. Writes benchmarks/results/learning_curve.{md,json,png}. An interrupted
training resumes with the same command.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
from _report import RESULTS, publish
from matplotlib.figure import Figure
from peptides import FEATURES, HELD_OUT, bootstrap, column, compare, held_out

import confdiff_widgets

WEIGHTS = Path(confdiff_widgets.__file__).parent / "proteins" / "weights"

RECIPE = """
conditional = true

[network]
temperature = 32
sigma_min = 0.02

[training]
steps = {steps}
residues = 480
learning_rate = 6e-4
warmup = 200
t_min = 0.003
checkpoint_every = 250

[training.losses]
trans = 2.0
data_std = 3.0
torsion = 0.1
contact = 2.0

[[protein]]
name = "chignolin"
trajectories = "cln025/remd_*.xtc"
topology = "cln025/topology.pdb"
temperatures = "cln025/remd.npz"
skip = 268
probability = 0.2

[[protein]]
name = "trp-cage"
trajectories = "2jof/remd_*.xtc"
topology = "2jof/topology.pdb"
temperatures = "2jof/remd.npz"
skip = 48
probability = 0.15
"""
"""Training without the peptides: bundled recipe, with fewer steps and more peptides."""

PEPTIDES = """
[[peptides]]
files = "peptides/{length}*.npz"
exclude = {exclude}
skip = {skip}
probability = {probability}
"""

SETS = {"quarter": 4, "half": 2, "all": 1, "all up to 9 residues": 1}
"""Training sets, and which share of the short peptides each takes: one of so many."""


def main() -> None:
    parser = make_parser(__doc__.split("\n")[0], "learning_curve", steps=3000, samples=150)
    parser.add_argument("--start", type=Path, required=True, help="initial weights")
    options = parser.parse_args()
    files = held_out(options.data)
    rows, found = [], {}
    for name in SETS:
        text, short, long = recipe(name, options.data / "peptides", options.steps)
        options.model = train(text, options.out / name.replace(" ", "_"), options)
        found[name] = [compare(file, options, {}) for file in files]
        rows.append(
            {"training peptides": name, "4–9": short, "10–12": long, **medians(found[name])}
        )
        print(rows[-1], flush=True)
    publish(
        "learning_curve",
        rows,
        f"Excess of JS² over the sampling baseline for {len(files)} held-out peptides with the "
        "sequence (γ = 1), median and 95 % interval (bootstrap over peptides). Networks trained "
        f"for {options.steps} steps with chignolin and Trp-cage, "
        f"{options.samples} samples at each temperature. " + " ".join(differences(found, files)),
    )
    draw(found).savefig(RESULTS / "learning_curve.png", dpi=110)


def make_parser(about: str, name: str, *, steps: int, samples: int) -> argparse.ArgumentParser:
    """Return a parser of the options of `train` and `compare`."""
    parser = argparse.ArgumentParser(description=about)
    parser.set_defaults(unconditional=WEIGHTS / "thermal_unconditional.safetensors")
    parser.add_argument("--data", type=Path, required=True, help="folder of the simulations")
    parser.add_argument("--out", type=Path, default=Path("runs") / name)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--samples", type=int, default=samples)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def recipe(name: str, folder: Path, steps: int) -> tuple[str, int, int]:
    """Return the recipe of a training set, and its numbers of short and long peptides."""
    short = training_files(folder, "0")
    chosen = short[:: SETS[name]]
    long = [] if "up to 9" in name else training_files(folder, "1")
    text = RECIPE.format(steps=steps)
    for length, some, skip, probability in (("0", chosen, 16, 0.6), ("1", long, 30, 0.05)):
        if some:
            left_out = [
                f"*[{HELD_OUT}]_*.npz",
                *sorted({*training_files(folder, length)} - {*some}),
            ]
            text += PEPTIDES.format(
                length=length, exclude=left_out, skip=skip, probability=probability
            )
    return text, len(chosen), len(long)


def training_files(folder: Path, length: str) -> list[str]:
    """Return the names of the training peptides whose number starts with a digit."""
    return sorted(
        path.name for path in folder.glob(f"{length}*.npz") if path.name[3] not in HELD_OUT
    )


def train(text: str, folder: Path, options: argparse.Namespace) -> Path:
    """Train a network, or resume its training, and return its weights."""
    options.out.mkdir(parents=True, exist_ok=True)
    recipe = folder.with_suffix(".toml")
    recipe.write_text(text, encoding="utf-8")
    command = [Path(sys.executable).with_name("confdiff"), "train", recipe, "--out", folder]
    start = [] if options.start is None else ["--start", options.start]
    subprocess.run([*command, "--data", options.data, *start], check=True)
    return folder / "network.safetensors"


def medians(rows: list[dict]) -> dict[str, str]:
    """Return the median excess of each feature with its interval."""
    texts = {}
    for name in FEATURES:
        low, middle, high = bootstrap(column(rows, name, 1.0))
        texts[name] = f"{middle:.4f} ({low:.4f}–{high:.4f})"
    return texts


def differences(found: dict[str, list[dict]], files: list[Path]) -> list[str]:
    """Describe what more peptides, and long ones, change in the same held-out peptides."""
    long = np.array([file.name.startswith("1") for file in files])
    pairs = (
        ("quarter", "all", np.ones(len(files), bool), "a quarter minus all"),
        ("half", "all", np.ones(len(files), bool), "a half minus all"),
        (
            "all up to 9 residues",
            "all",
            long,
            f"without minus with peptides of 10 to 12 residues, on the {long.sum()} of that length",
        ),
    )
    texts = []
    for one, other, which, what in pairs:
        for name in FEATURES:
            difference = column(found[one], name, 1.0) - column(found[other], name, 1.0)
            low, middle, high = bootstrap(difference[which])
            texts.append(f"{name}, {what}: {middle:+.4f} ({low:+.4f} to {high:+.4f}).")
    return texts


def draw(found: dict[str, list[dict]]) -> Figure:
    """Draw the excess of each held-out peptide against the training set."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), FEATURES, strict=True):
        values = np.array([column(rows, name, 1.0) for rows in found.values()])
        place = np.arange(len(values))
        axes.plot(place, values, "o-", color="0.75", markersize=3, linewidth=0.8)
        axes.plot(place, np.median(values, axis=1), "o", color="C0", markersize=9, label="median")
        axes.set(ylabel=f"Excess of JS² of {name}", xticks=place)
        axes.set_xticklabels(found, fontsize=8)
        axes.axhline(0, color="0.7", zorder=0)
        axes.legend()
    return figure


if __name__ == "__main__":
    main()
