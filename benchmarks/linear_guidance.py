"""Guidance linear in η against networks at the temperature itself.

    python benchmarks/linear_guidance.py NETWORK --data MD_FOLDER [--head HEAD]

NETWORK is a thermal network, HEAD a force head that was distilled from it. Samples chignolin at
γ = 1 with three rules for the guidance towards T(η): η F_θ of the head, η [s(T_cold) - s(T_hot)] of
the network, and s(T(η)) of the network. The first two are exact at η = 0 and 1 only. Writes
benchmarks/results/linear_guidance.{md,json,png}: √excess of JS-PwD and the folded fraction, each
with its standard error over the seeds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _exchange import Exchange
from _report import RESULTS, publish
from matplotlib.figure import Figure

from confdiff_widgets import proteins
from confdiff_widgets.analysis import ca_rmsd
from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import ForceGuidance, PhysicalGuidance
from confdiff_widgets.guidance.physical import EnergyGradient
from confdiff_widgets.guidance.temperature import TemperatureGuidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.temperature import eta_of_temperature
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import Run, SamplerConfig

PROTEIN = "chignolin"
KELVIN = (400.0, 360.0, 327.0, 300.0)


class Linear:
    """η times the difference between the scores at the two ends of the temperature range."""

    name = "linear"
    memory = 2.0

    def __init__(self, guidance: TemperatureGuidance):
        self.guidance, self.model, self.process = guidance, guidance.model, guidance.process

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        return self.guidance(rigid, t)


def rules(network: Path, head: Path | None) -> dict[str, PhysicalGuidance]:
    """Return the guidance of each rule; the linear ones guide the network at T_hot."""
    system = load_system(PROTEIN, model=network)
    exact = system.load_physical("temperature")
    found: dict[str, PhysicalGuidance] = {"exact": exact, "linear, network": Linear(exact)}
    if head is not None:
        features = system.load_networks().conditional.features
        found["linear, head"] = ForceGuidance(ConfDiffModel.load(head).with_features(features))
    return found


def sample(
    network: Path, physical: PhysicalGuidance, eta: float, samples: int, seed: int
) -> Ensemble:
    """Sample with γ = 1."""
    system = load_system(PROTEIN, model=network)
    run = Run(
        system.load_networks(),
        system.sequence,
        SamplerConfig(samples=samples, eta=eta, seed=seed),
        physical=physical,
        keep_every=10**9,
    )
    for _ in run:
        pass
    return run.ensemble()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", type=Path)
    parser.add_argument("--head", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of the simulations")
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    protein = proteins.get(PROTEIN)
    reference = protein.reference()
    exchange = Exchange.read(options.data, PROTEIN)
    rows = []
    for kelvin in KELVIN:
        for rule, physical in rules(options.network, options.head).items():
            eta = float(eta_of_temperature(kelvin))
            excess, folded = [], []
            for seed in range(options.seeds):
                ensemble = sample(options.network, physical, eta, options.samples, seed)
                compared = exchange.excess(ensemble.backbone, reference, kelvin, split=False)
                excess.append(compared["PwD"].value)
                rmsd = ca_rmsd(ensemble.ca, reference.folded_ca)
                folded.append((rmsd < protein.folded_cutoff).mean())
            error = options.seeds**-0.5
            root = float(np.sqrt(max(0.0, np.mean(excess))))
            row = {
                "T (K)": kelvin,
                "η": eta,
                "rule": rule,
                "√excess PwD": root,
                "± PwD": float(np.std(excess, ddof=1) * error / (2 * max(root, 1e-3))),
                "folded": float(np.mean(folded)),
                "± folded": float(np.std(folded, ddof=1) * error),
            }
            print(row, flush=True)
            rows.append(row)
    publish(
        "linear_guidance",
        rows,
        f"Chignolin, γ = 1, {options.seeds} seeds of {options.samples} samples. √excess of JS² "
        "over CA distances above its baseline (finite samples and the MD's own error), from the "
        "mean over the seeds. ±: standard error over the seeds.",
    )
    _plot(rows)


def _plot(rows: list[dict]) -> None:
    figure = Figure(figsize=(6, 4), layout="constrained")
    axis = figure.subplots()
    for rule in dict.fromkeys(row["rule"] for row in rows):
        shown = [row for row in rows if row["rule"] == rule]
        axis.errorbar(
            [row["T (K)"] for row in shown],
            [row["√excess PwD"] for row in shown],
            [1.96 * row["± PwD"] for row in shown],
            marker="o",
            capsize=2,
            label=rule,
        )
    axis.set(xlabel="Temperature (K)", ylabel="√excess of JS-PwD", ylim=(0, None))
    axis.legend(frameon=False)
    figure.savefig(RESULTS / "linear_guidance.png", dpi=110)


if __name__ == "__main__":
    main()
