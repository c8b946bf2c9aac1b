"""Replica exchange of a bundled protein as a reference at any of its temperatures."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from confdiff_widgets.analysis import (
    Excess,
    backbone_torsions,
    ca_distances,
    ca_rmsd,
    js_excess,
    temperature_weights,
)
from confdiff_widgets.proteins import Reference
from confdiff_widgets.training.conformers import read_conformers

FOLDERS = {"chignolin": "cln025", "trp-cage": "2jof"}
BLOCKS = 4
"""Blocks of time for the errors of the folded fraction."""


@dataclass(frozen=True)
class Exchange:
    """Frames of a replica exchange without its first quarter, replica by replica."""

    backbone: NDArray[np.float32]  # (M, L, 4, 3) Å
    kelvin: NDArray[np.float64]  # (M,)
    potential: NDArray[np.float64]  # (M,) kJ/mol
    replica: NDArray[np.int64]  # (M,)
    time: NDArray[np.float64]  # (M,) fraction of the simulation after the first quarter

    @classmethod
    def read(cls, data: Path, protein: str) -> Exchange:
        folder = data / FOLDERS[protein]
        with np.load(folder / "remd.npz") as arrays:
            kelvin, potential = arrays["temperature_k"], arrays["potential_kj_mol"]
        frames = kelvin.shape[1]
        skip = frames // 4
        files = sorted(glob.glob(str(folder / "remd_*.xtc")))
        conformers = read_conformers(protein, files, folder / "topology.pdb", skip=skip)
        return cls(
            conformers.backbone.numpy(),
            kelvin[:, skip:].ravel().astype(np.float64),
            potential[:, skip:].ravel().astype(np.float64),
            conformers.replica.numpy(),
            np.tile(np.arange(frames - skip) / (frames - skip), len(kelvin)),
        )

    @property
    def temperatures(self) -> NDArray[np.float64]:
        return np.unique(np.round(self.kelvin, 2))

    @property
    def balanced(self) -> NDArray[np.bool_]:
        """Two groups of replicas with equally many folded and heated starts."""
        return self.replica % 4 < 2

    def folded(self, reference: Reference, cutoff: float, target: float) -> tuple[float, float]:
        """Return the folded fraction at a temperature of the simulation and its error."""
        at = np.abs(self.kelvin - target) < 0.1
        folded = ca_rmsd(self.backbone[at, :, 1], reference.folded_ca) < cutoff
        block = (self.time[at] * BLOCKS).astype(int)
        means = [folded[block == k].mean() for k in range(BLOCKS)]
        return float(folded.mean()), float(np.std(means, ddof=1) / np.sqrt(BLOCKS))

    def excess(
        self, backbone: NDArray[np.float32], reference: Reference, kelvin: float, *, split: bool
    ) -> dict[str, Excess]:
        """Compare conformers (N, L, 4, 3) with the ensemble at a temperature."""
        weights = temperature_weights(self.potential, self.kelvin, kelvin)
        some = weights > 1e-3 * weights.max()  # the others change nothing
        found = {}
        for name, feature in FEATURES.items():
            found[name] = js_excess(
                feature(backbone, reference),
                feature(self.backbone[some], reference),
                self.balanced[some],
                trajectory=self.replica[some],
                weights=weights[some],
                split=split,
            )
        return found


FEATURES = {
    "PwD": lambda backbone, reference: ca_distances(backbone[:, :, 1], 3),
    "TIC": lambda backbone, reference: reference.tica.transform(backbone[:, :, 1])[:, :2],
    "φ, ψ": lambda backbone, reference: backbone_torsions(backbone),
}
