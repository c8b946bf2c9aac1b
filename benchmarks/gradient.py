"""How much of the gradient of the energy the guidance heads explain.

    python benchmarks/gradient.py NETWORK HEAD [HEAD ...] --data MD_FOLDER

NETWORK is a thermal network. The gradient is g = s(·, T_hot) - s(·, T_cold) at noised frames of
chignolin's replicas with odd numbers, all temperatures, or with --peptides at those of the peptides
that are held out of training. Writes benchmarks/results/gradient.{md,json,png}, or
gradient_peptides.*: the share 1 - |F - g|² / |g|² of each head F, for
positions and orientations apart, against t. 0 is the share of a head that predicts 0.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from _report import RESULTS, publish
from matplotlib.figure import Figure
from peptides import HELD_OUT

from confdiff_widgets.guidance.physical import differentiate_energy, force_gradient
from confdiff_widgets.models.checkpoints import load_network
from confdiff_widgets.models.network import ScoreNetwork
from confdiff_widgets.representations import OneHot
from confdiff_widgets.training.batches import Batch, BatchSampler
from confdiff_widgets.training.conformers import Conformers
from confdiff_widgets.training.distillation import Distillation
from confdiff_widgets.training.objectives import add_noise, gradient_loss, predict
from confdiff_widgets.training.peptides import PeptideSet
from confdiff_widgets.training.recipe import ProteinData

TIMES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
RESIDUES = 2560
"""Residues of the batch at each t."""


def explained(teacher: ScoreNetwork, head: ScoreNetwork, batch: Batch, t: float) -> dict:
    """Return the shares of the gradient at t, and its root mean square per residue."""
    process = teacher.config.process()
    generator = torch.Generator().manual_seed(0)
    times = torch.full((len(batch.backbone),), t)
    rigid_t, times = add_noise(process, batch, times, generator, torch.device("cpu"))
    with torch.no_grad():
        target = Distillation(teacher, teacher, process=process).score_difference(
            batch, rigid_t, times
        )
    if head.config.head == "energy":
        gradient = differentiate_energy(
            process, lambda moved: predict(head, batch, moved, times), rigid_t, rotations=True
        )
    else:
        with torch.no_grad():
            gradient = force_gradient(process, predict(head, batch, rigid_t, times), times)
    _, errors = gradient_loss(process, gradient, target, times)
    return {
        "t": t,
        "|g| positions (1/Å)": float(target.trans.square().sum(-1).mean().sqrt())
        * process.r3.scale,
        "|g| orientations (1/rad)": float(target.rot.square().sum(-1).mean().sqrt()),
        **{
            f"share of {'positions' if 'trans' in name else 'orientations'}": 1 - float(error)
            for name, error in errors.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", type=Path)
    parser.add_argument("heads", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True, help="folder of the simulations")
    parser.add_argument("--peptides", action="store_true", help="held-out peptides")
    options = parser.parse_args()
    teacher, _ = load_network(options.network)
    if not teacher.config.temperature:
        parser.error(f"{options.network} does not take a temperature. Give a thermal network.")
    held = _held_out_peptides(options.data) if options.peptides else [_chignolin(options.data)]
    sampler = BatchSampler(held, [1.0] * len(held), RESIDUES, OneHot())
    generator = torch.Generator().manual_seed(1)
    rows = []
    for path in options.heads:
        head, _ = load_network(path)
        for t in TIMES:
            batches = [sampler.draw(generator) for _ in held]
            row = {"head": path.stem, **mean(explained(teacher, head, one, t) for one in batches)}
            print(row, flush=True)
            rows.append(row)
    frames = "the held-out peptides" if options.peptides else "chignolin"
    name = "gradient_peptides" if options.peptides else "gradient"
    publish(
        name,
        rows,
        "Explained share of g = s(·, 450 K) − s(·, 300 K) of the thermal network, "
        f"{len(held) * RESIDUES} residues in noised frames of {frames} at each t. |g|: root mean "
        "square per residue.",
    )
    _plot(rows, name)


def mean(rows: Iterable[dict]) -> dict:
    """Return the mean of each column."""
    every = list(rows)
    return {key: float(np.mean([row[key] for row in every])) for key in every[0]}


def _chignolin(folder: Path) -> Conformers:
    return ProteinData(
        "chignolin",
        "cln025/remd_*.xtc",
        "cln025/topology.pdb",
        skip=268,
        replicas="odd",
    ).read(folder)


def _held_out_peptides(folder: Path) -> list[Conformers]:
    files = PeptideSet(f"peptides/[0-9][0-9][0-9][{HELD_OUT}]_*.npz", skip=30).find(folder)
    return [file.read(folder) for file in files]


def _plot(rows: list[dict], name: str) -> None:
    figure = Figure(figsize=(6, 4), layout="constrained")
    axis = figure.subplots()
    for head in dict.fromkeys(row["head"] for row in rows):
        for part, line in (("positions", "-"), ("orientations", "--")):
            shown = [row for row in rows if row["head"] == head and f"share of {part}" in row]
            axis.plot(
                [row["t"] for row in shown],
                [row[f"share of {part}"] for row in shown],
                line,
                marker="o",
                label=f"{head}, {part}",
            )
    axis.axhline(0.8, color="grey", linewidth=0.8)
    axis.set(xlabel="Diffusion time t", ylabel="Explained share", xscale="log", ylim=(None, 1))
    axis.legend(frameon=False)
    figure.savefig(RESULTS / f"{name}.png", dpi=110)


if __name__ == "__main__":
    main()
