"""Create labels from MD trajectories and the potential energies that the simulation wrote.

    python recipes/label_md.py MD_FOLDER labels

Writes labels/chignolin.npz (constant temperature, 350 K) and labels/trp-cage.npz (replica
exchange, frames at 324 to 355 K), the training frames of the bundled networks. The energies are of
all atoms and not minimised; matching averages over the degrees of freedom that the backbone leaves
open.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from confdiff_widgets.ensembles import Ensemble, load_atom14
from confdiff_widgets.physics.config import EnergyConfig
from confdiff_widgets.physics.labels import Labels
from confdiff_widgets.physics.molecule import COMPONENTS
from confdiff_widgets.units import KJ_PER_KCAL


@dataclass(frozen=True)
class Simulation:
    """Trajectories ``folder/tag_*.xtc`` with ``folder/tag.npz``, and the selection of frames."""

    protein: str
    folder: str
    tag: str
    skip: int  # frames, 20 ps each
    between: tuple[float, float] | None = None  # K

    def labels(self, data: Path) -> Labels:
        """Read the selected frames and their energies."""
        folder = data / self.folder
        files = sorted(folder.glob(f"{self.tag}_*.xtc"))
        loaded = [load_atom14(file, topology=folder / "topology.pdb") for file in files]
        written = np.load(folder / f"{self.tag}.npz")
        chosen = np.zeros(written["potential_kj_mol"].shape, dtype=bool)
        chosen[:, self.skip :] = True
        if self.between is not None:
            low, high = self.between
            chosen &= (written["temperature_k"] >= low) & (written["temperature_k"] <= high)
        atoms = torch.cat(
            [found.positions[torch.from_numpy(k)] for found, k in zip(loaded, chosen, strict=True)]
        )
        atoms = (atoms - atoms[:, :, 1].mean(1)[:, None, None]) * loaded[0].mask[..., None]
        count, length = len(atoms), len(loaded[0].sequence)
        return Labels(
            Ensemble(atoms.float(), loaded[0].sequence, {"source": self.tag}),
            written["potential_kj_mol"][chosen] / KJ_PER_KCAL,
            np.full((count, len(COMPONENTS)), np.nan),
            np.full((count, length, 3), np.nan, dtype=np.float32),
            np.full(count, ""),
            EnergyConfig(minimise=False),
        )


SIMULATIONS = (
    Simulation("chignolin", "cln025", "md_350K", 50),
    Simulation("trp-cage", "2jof", "remd", 48, (324.0, 355.0)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for simulation in SIMULATIONS:
        labels = simulation.labels(options.data)
        labels.save(options.out / f"{simulation.protein}.npz")
        print(
            f"{simulation.protein}: {len(labels)} frames, λ {labels.energy_scale:.3g}, "
            f"ESS {labels.ess:.0f}, equivalent to {labels.effective_temperature:.0f} K"
        )


if __name__ == "__main__":
    main()
