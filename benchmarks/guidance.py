"""Measure energy and diversity against η and γ, as in the published WW-domain figure.

    python benchmarks/guidance.py [--protein NAME] [--samples N] [--energies N] [--labels FOLDER]
        [--device DEVICE]

Bundled networks and force heads, η ∈ {0, 0.5, 1, 2, 4} × γ ∈ {0, 0.5, 0.8, 1}, with the same random
numbers in every cell. Energies of the first ``--energies`` conformers of a cell are minimised with
restrained heavy atoms. ``--labels`` adds λ and ESS of the labels on which the heads were trained.
Writes benchmarks/results/guidance_PROTEIN.{md,json,png}.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _guided import Minimiser, sample
from _report import RESULTS, publish
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from confdiff_widgets import proteins
from confdiff_widgets.analysis import ca_rmsd, mean_pairwise_rmsd, val_clash
from confdiff_widgets.physics.labels import Labels
from confdiff_widgets.proteins import Protein
from confdiff_widgets.sampling.device import choose_device

ETAS = (0.0, 0.5, 1.0, 2.0, 4.0)
GAMMAS = (0.8, 1.0, 0.5, 0.0)
FOLDED = {"chignolin": 2.0, "trp-cage": 3.0}  # Å
MAX_LOSS = 0.15
"""Accepted relative loss of pairwise RMSD when the energy falls by half a standard deviation."""
NORMAL_IQR = 1.349
"""Interquartile range of a normal distribution, in standard deviations."""
MEDIAN_ERROR = 1.253
"""Standard error of the median of a normal distribution, relative to that of its mean."""


def cell(
    protein: Protein,
    device: str,
    minimise: Minimiser,
    gamma: float,
    eta: float,
    samples: int,
    count: int,
) -> tuple[dict, list[tuple[float, dict[str, float]]]]:
    """Sample a cell; return its row of the table and the sizes of the score terms."""
    physical = protein.load_physical("force", device) if eta else None
    cfg = protein.load_networks(device)
    ensemble, sizes = sample(
        cfg, protein.sequence, physical, samples=samples, gamma=gamma, eta=eta, seed=0
    )
    energies = minimise(ensemble.atom14[:count].numpy())
    found = energies[np.isfinite(energies)]
    low, middle, high = np.percentile(found, [25, 50, 75])
    sd = (high - low) / NORMAL_IQR
    folded = ca_rmsd(ensemble.ca, protein.reference().folded_ca) < FOLDED[protein.name]
    row = {
        "γ": gamma,
        "η": eta,
        "energies": len(found),
        "energy (kcal/mol)": round(float(middle), 1),
        "± error": round(MEDIAN_ERROR * sd / np.sqrt(len(found)), 1),
        "sd": round(sd, 1),
        "quartiles": f"{low:.0f}, {high:.0f}",
        "pairwise RMSD (Å)": round(mean_pairwise_rmsd(ensemble.ca), 3),
        "folded": round(float(folded.mean()), 3),
        "Val-clash (CA)": round(val_clash(ensemble.ca), 3),
    }
    return row, sizes


def summary(rows: list[dict]) -> list[str]:
    """Summarise each γ: rank correlation, and the η that lowers the energy by half an sd."""
    lines = []
    for gamma in sorted({row["γ"] for row in rows}):
        chosen = [row for row in rows if row["γ"] == gamma]
        energy = [row["energy (kcal/mol)"] for row in chosen]
        order = spearmanr([row["η"] for row in chosen], energy).statistic
        text = f"- γ = {gamma:g}: Spearman(η, energy) = {order:.2f}"
        target = energy[0] - chosen[0]["sd"] / 2
        enough = next((row for row in chosen if row["energy (kcal/mol)"] <= target), None)
        if enough is None:
            text += "; no η here lowers it by half a standard deviation"
        else:
            drop = 1 - enough["pairwise RMSD (Å)"] / chosen[0]["pairwise RMSD (Å)"]
            fall = energy[0] - enough["energy (kcal/mol)"]
            text += (
                f"; η = {enough['η']:g} lowers it by {fall:.1f} kcal/mol (half a standard "
                f"deviation is {chosen[0]['sd'] / 2:.1f}) and the pairwise RMSD by {drop:.0%}"
                f"{', more than the target of 15%' if drop > MAX_LOSS else ''}"
            )
        lines.append(text)
    return lines


def tilt(protein: str, folder: Path) -> str:
    """Describe the labels: λ, effective sample size, and the effect of exact weights."""
    labels = Labels.load(folder / f"{protein}-labels.npz")
    counted = np.flatnonzero(np.asarray(labels.included))
    energy = np.asarray(labels.energy)[counted]
    ca = labels.ensemble.ca[counted]
    fall, loss = exact_cost(energy, ca, labels.energy_scale / np.ptp(energy))
    return (
        f"The heads learned {len(counted)} samples of the bundled networks with weights e^-E: E "
        f"spans λ = {labels.energy_scale:.3g}, equivalent to "
        f"{labels.effective_temperature:.0f} K, and leaves ESS = {labels.ess:.0f} "
        f"({labels.ess / len(counted):.0%}). Weighted exactly instead of guided, these samples "
        f"lose {loss:.0%} of their pairwise RMSD when their median energy has fallen by half a "
        f"standard deviation, {fall:.1f} kcal/mol: this loss of diversity comes with the energy "
        "itself. "
    )


def exact_cost(energy: np.ndarray, ca: np.ndarray, scale: float) -> tuple[float, float]:
    """Lower the median energy by half an sd by exact weights; return the fall and loss of RMSD.

    Uses 1000 draws with replacement; the few pairs of identical conformers are included.

    Parameters
    ----------
    energy : ndarray, shape (N,)
        kcal/mol.
    ca : ndarray, shape (N, L, 3)
        Å.
    scale : float
        λ divided by the range of the energies, mol/kcal.
    """
    low, middle, high = np.percentile(energy, [25, 50, 75])
    target = middle - (high - low) / NORMAL_IQR / 2
    rng = np.random.default_rng(0)
    for eta in np.geomspace(0.01, 100, 200):
        weight = np.exp(-eta * scale * (energy - energy.min()))
        drawn = rng.choice(len(energy), 1000, p=weight / weight.sum())
        if np.median(energy[drawn]) <= target:
            break
    else:
        raise SystemExit(f"No weight brings the median energy to {target:.1f} kcal/mol.")
    left = mean_pairwise_rmsd(ca[drawn]) / mean_pairwise_rmsd(ca)
    return float(middle - np.median(energy[drawn])), 1 - left


def describe(
    protein: Protein,
    samples: int,
    labels: str,
    rows: list[dict],
    sizes: list[tuple[float, dict[str, float]]],
) -> str:
    """Write the text above the table."""
    norms = "\n".join(
        f"- t = {t:.3f}: " + ", ".join(f"{name} {size:.3g}" for name, size in parts.items())
        for t, parts in sizes
    )
    summaries = "\n".join(summary(rows))
    return (
        f"{protein.title}: {samples} conformers per cell, with the same random numbers in each. "
        f"Energies of the first {rows[0]['energies']} after a restrained minimisation (ff14SB, "
        "GBn2): median, its error, and the sd of a normal distribution with the same quartiles, "
        "because a few conformers keep large clashes. "
        f"{labels}\n\n{summaries}\n\nSizes of the score terms at γ = 0.8, η = 1 (r.m.s. per "
        f"residue, 1/nm):\n\n{norms}"
    )


def figure(protein: Protein, rows: list[dict], sizes: dict, path: Path) -> None:
    """Plot energy and diversity over η for each γ, and the sizes of the gradients over t."""
    plot = Figure(figsize=(13, 4), layout="constrained")
    energy, diversity, gradient = plot.subplots(1, 3)
    for gamma in sorted({row["γ"] for row in rows}):
        chosen = [row for row in rows if row["γ"] == gamma]
        eta = [row["η"] for row in chosen]
        energy.errorbar(eta, [row["energy (kcal/mol)"] for row in chosen],
                        [row["± error"] for row in chosen], marker="o", capsize=3,
                        label=f"γ = {gamma:g}")  # fmt: skip
        diversity.plot(eta, [row["pairwise RMSD (Å)"] for row in chosen], marker="o")
    energy.set(xlabel="η", ylabel="median minimised energy (kcal/mol)", title="Energy")
    energy.legend()
    diversity.set(xlabel="η", ylabel="mean pairwise CA-RMSD (Å)", title="Diversity", ylim=(0, None))
    for (gamma, eta), found in sizes.items():
        if gamma != 0.8 or not eta:
            continue
        acted = [(t, part["physical"]) for t, part in found if "physical" in part]
        gradient.loglog(*zip(*acted, strict=True), marker=".",
                        label=f"η ∇E_t, η = {eta:g}")  # fmt: skip
    reference = sizes.get((0.8, 0.0), [])
    gradient.loglog([t for t, _ in reference], [part["total"] for _, part in reference],
                    color="gray", linestyle="--", label="score at η = 0")  # fmt: skip
    gradient.set(xlabel="t", ylabel="r.m.s. per residue (1/nm)", title="Gradients at γ = 0.8")
    gradient.legend(fontsize="small")
    plot.suptitle(f"{protein.title}, force head")
    plot.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--protein", choices=proteins.names())
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--energies", type=int, default=200)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)[0]
    for name in [options.protein] if options.protein else proteins.names():
        protein = proteins.get(name)
        rows: list[dict] = []
        sizes = {}
        labels = "" if options.labels is None else tilt(name, options.labels)
        with Minimiser(protein.sequence) as minimise:
            for gamma in GAMMAS:
                for eta in ETAS:
                    row, sizes[gamma, eta] = cell(
                        protein, device, minimise, gamma, eta, options.samples, options.energies
                    )
                    rows.append(row)
                about = describe(protein, options.samples, labels, rows, sizes[0.8, 1.0])
                publish(f"guidance_{name}", rows, about, digits=4)
                figure(protein, rows, sizes, RESULTS / f"guidance_{name}.png")


if __name__ == "__main__":
    main()
