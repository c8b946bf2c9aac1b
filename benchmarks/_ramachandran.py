"""Ramachandran maps of classes of residues, molecular dynamics above samples."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from confdiff_widgets.analysis import local_geometry
from confdiff_widgets.geometry.residues import LETTERS, NAMES

CLASSES = ("Gly", "Pro", "before Pro", "Asn", "Val", "Ala")
"""Classes of residues of the maps; "before Pro" takes precedence over the amino acid."""


@dataclass
class Angles:
    """φ, ψ of a class of residues, degrees, each (n, 2), and the weights of the MD frames."""

    md: list[NDArray] = field(default_factory=list)
    weights: list[NDArray] = field(default_factory=list)
    samples: list[NDArray] = field(default_factory=list)


def add_angles(
    maps: dict[str, Angles],
    sequence: str,
    md: NDArray[np.floating],
    weights: NDArray[np.floating],
    samples: NDArray[np.floating],
) -> None:
    """Add φ, ψ of the inner residues of a peptide to their classes."""
    here, there = local_geometry(md), local_geometry(samples)
    for i in range(1, len(sequence) - 1):
        amino_acid = NAMES[LETTERS.index(sequence[i])].capitalize()
        name = "before Pro" if sequence[i + 1] == "P" else amino_acid
        if name in maps:
            angles = maps[name]
            angles.md.append(np.stack([here.phi[:, i - 1], here.psi[:, i]], axis=1))
            angles.weights.append(weights / weights.sum())
            angles.samples.append(np.stack([there.phi[:, i - 1], there.psi[:, i]], axis=1))


def draw_maps(maps: dict[str, Angles]) -> Figure:
    """Draw the Ramachandran maps of the MD above those of the samples."""
    present = {name: angles for name, angles in maps.items() if angles.md}
    figure = Figure(figsize=(2.1 * len(present), 4.6), layout="constrained")
    grid = figure.subplots(2, len(present), sharex=True, sharey=True, squeeze=False)
    for k, (name, angles) in enumerate(present.items()):
        md, samples = np.concatenate(angles.md), np.concatenate(angles.samples)
        for row, (points, weights) in enumerate(
            ((md, np.concatenate(angles.weights)), (samples, None))
        ):
            axes = grid[row, k]
            axes.hist2d(
                *points.T,
                bins=48,
                range=[[-180, 180]] * 2,
                weights=weights,
                density=True,
                cmap="Blues",
                norm=LogNorm(1e-6, 1e-3, clip=True),
            )
            axes.set(xticks=[-120, 0, 120], yticks=[-120, 0, 120], aspect="equal")
        grid[0, k].set_title(f"{name} ({len(angles.md)})")
        grid[1, k].set_xlabel("φ (°)")
    grid[0, 0].set_ylabel("MD\nψ (°)")
    grid[1, 0].set_ylabel("samples\nψ (°)")
    return figure
