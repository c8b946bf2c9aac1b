"""Guide an ensemble of all temperatures to the coldest ones.

    confdiff train recipes/cold.toml --data MD_FOLDER --out runs/cold --start WEIGHTS
    confdiff train recipes/mixture.toml --data MD_FOLDER --out runs/mixture --start WEIGHTS
    for HEAD in mixture_force mixture_energy: confdiff train recipes/HEAD.toml --data MD_FOLDER \\
        --out runs/HEAD --start runs/mixture --teacher runs/cold
    python benchmarks/temperature_shift.py runs --data MD_FOLDER [--samples N] [--device DEVICE]

WEIGHTS is confdiff_widgets/proteins/weights/conditional.safetensors. Chignolin, γ = 1; the
reference consists of the frames at 300 to 317 K. Writes
benchmarks/results/temperature_shift.{md,json,png}.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from _costs import costs, heads
from _guided import sample
from _report import RESULTS, publish
from matplotlib.figure import Figure

from confdiff_widgets import proteins
from confdiff_widgets.analysis import ca_rmsd, js_pwd, js_tic
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling.device import choose_device
from confdiff_widgets.training.conformers import Conformers
from confdiff_widgets.training.recipe import load_recipe

RECIPE = Path(__file__).parents[1] / "recipes" / "cold.toml"
ETAS = (0.5, 1.0, 2.0, 4.0)
SEEDS = 5
COLD = (299.0, 318.0)  # K


def cold_frames(data: Path) -> tuple[Conformers, Conformers]:
    """Read all frames with their energies E, and those at the cold temperatures."""
    source = next(p for p in load_recipe(RECIPE, data=data).proteins if p.name == "chignolin")
    everything = source.read(data)
    kelvin = np.load(data / "cln025" / "remd.npz")["temperature_k"][:, source.skip :].reshape(-1)
    return everything, everything.select(
        torch.from_numpy((kelvin >= COLD[0]) & (kelvin <= COLD[1]))
    )


class ColdReference:
    """Compares ensembles with the frames at the cold temperatures."""

    def __init__(self, reference: np.ndarray):
        bundled = proteins.get("chignolin").reference()
        self.reference, self.tica, self.folded = reference, bundled.tica, bundled.folded_ca

    def __call__(self, ca: np.ndarray) -> dict[str, float]:
        tics = (self.tica.transform(x)[:, :2] for x in (ca, self.reference))
        return {
            "JS-TIC": js_tic(*tics),
            "JS-PwD": js_pwd(ca, self.reference),
            "folded": float((ca_rmsd(ca, self.folded) < 2.0).mean()),
        }


def row_of(guidance: str, eta: float | str, found: list[dict[str, float]]) -> dict:
    """Return a row with mean ± standard error over seeds."""
    row: dict = {"guidance": guidance, "η": eta}
    for name in found[0]:
        values = np.array([one[name] for one in found])
        row[name] = round(float(values.mean()), 4)
        row[f"± {name}"] = round(float(values.std(ddof=1) / np.sqrt(len(values))), 4)
    return row


def summary(rows: list[dict]) -> list[str]:
    """Compare the best η of each kind with no guidance."""
    plain, lines = rows[0], []
    for kind in ("force", "energy"):
        best = min((r for r in rows if r["guidance"] == kind), key=lambda r: r["JS-TIC"])
        parts = [
            f"{name} {plain[name]:.3f} ± {plain[f'± {name}']:.3f} → {best[name]:.3f} ± "
            f"{best[f'± {name}']:.3f}"
            for name in ("JS-TIC", "JS-PwD")
        ]
        lines.append(f"- {kind}, best at η = {best['η']:g}: " + ", ".join(parts))
    return lines


def figure(rows: list[dict], baseline: dict, path: Path) -> None:
    """Plot each measure over η."""
    plot = Figure(figsize=(12, 3.8), layout="constrained")
    for axis, name in zip(plot.subplots(1, 3), ("JS-TIC", "JS-PwD", "folded"), strict=True):
        for kind in ("force", "energy"):
            chosen = [rows[0], *(r for r in rows if r["guidance"] == kind)]
            axis.errorbar([r["η"] for r in chosen], [r[name] for r in chosen],
                          [r[f"± {name}"] for r in chosen], marker="o", capsize=3,
                          label=kind)  # fmt: skip
        axis.axhline(baseline[name], color="gray", linestyle="--", label="sampling baseline")
        axis.set(xlabel="η", title=name, ylim=(0, None))
    plot.axes[0].legend()
    plot.suptitle("Chignolin, mixture of 300 to 450 K guided to 300–317 K")
    plot.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, help="folder with the four training runs")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)[0]
    sequence = proteins.get("chignolin").sequence
    cfg = load_system(sequence, model=options.runs / "mixture").load_networks(device)
    physical = heads(options.runs, sequence, device)
    everything, cold = cold_frames(options.data)
    assert everything.energy is not None
    reference = cold.backbone[:, :, 1].numpy()
    compare = ColdReference(reference)
    rng = np.random.default_rng(0)
    draws = [rng.integers(len(reference), size=options.samples) for _ in range(SEEDS)]
    hot = everything.backbone[:, :, 1].numpy()
    about = (
        f"Chignolin at γ = 1: a network of the {len(everything)} frames of all 16 temperatures, "
        f"300 to 450 K, guided to the {len(reference)} frames at 300 to 317 K. E = −log of the "
        f"ratio of the cold to the mixed density (MBAR on the potential energies), with range λ = "
        f"{float(everything.energy.max() - everything.energy.min()):.3g}, ESS = "
        f"{everything.ess:.0f} ({everything.ess / len(everything):.0%}). {options.samples} "
        f"samples, mean ± standard error over {SEEDS} seeds; distances are to the cold frames."
    )
    rows: list[dict] = []
    for kind, term in physical.items():
        for eta in ETAS if term else (0.0,):
            found = [
                compare(
                    sample(cfg, sequence, term, samples=options.samples, eta=eta, seed=seed)[0].ca
                )
                for seed in range(SEEDS)
            ]
            rows.append(row_of(kind, eta, found))
            print(rows[-1], flush=True)
    baseline = row_of("cold frames (sampling baseline)", "", [compare(reference[k]) for k in draws])
    mixed = [hot[rng.choice(len(hot), options.samples, replace=False)] for _ in range(SEEDS)]
    extra = [row_of("mixed frames", "", [compare(x) for x in mixed]), baseline]
    cost = "\n".join(
        line for place in dict.fromkeys((device, "cpu")) for line in costs(options.runs, place)
    )
    text = f"{about}\n\n" + "\n".join(summary(rows)) + f"\n\nCost, measured in one run:\n\n{cost}"
    publish("temperature_shift", [*rows, *extra], text, digits=4)
    figure(rows, baseline, RESULTS / "temperature_shift.png")


if __name__ == "__main__":
    main()
