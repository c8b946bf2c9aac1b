"""Labels of chignolin's trajectories: their frames with the energies that the simulation wrote.

    python recipes/label_md.py MD_FOLDER labels/chignolin.npz

The energies are of all atoms, not minimised; matching averages over what the backbone leaves open.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from confdiff_widgets.geometry.structure import load_atom14
from confdiff_widgets.physics.config import EnergyConfig
from confdiff_widgets.physics.labels import Labels
from confdiff_widgets.physics.molecule import COMPONENTS
from confdiff_widgets.sampling import Ensemble

KCAL = 4.184  # kJ
SKIP = 50  # frames, 1 ns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    folder = options.data / "cln025"
    files = sorted(folder.glob("md_350K_*.xtc"))
    loaded = [load_atom14(file, topology=folder / "topology.pdb") for file in files]
    energies = np.load(folder / "md_350K.npz")["potential_kj_mol"] / KCAL
    atoms = torch.cat([trajectory.positions[SKIP:] for trajectory in loaded])
    atoms = (atoms - atoms[:, :, 1].mean(1)[:, None, None]) * loaded[0].mask[..., None]
    count, length = len(atoms), len(loaded[0].sequence)
    labels = Labels(
        Ensemble(atoms.float(), loaded[0].sequence, {"source": "md_350K"}),
        energies[:, SKIP:].reshape(count),
        np.full((count, len(COMPONENTS)), np.nan),
        np.full((count, length, 3), np.nan, dtype=np.float32),
        np.full(count, ""),
        EnergyConfig(minimise=False),
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    labels.save(options.out)
    print(
        f"{count} frames, λ {labels.strength:.3g}, ESS {labels.ess:.0f}, "
        f"as a Boltzmann factor of {labels.temperature:.0f} K"
    )


if __name__ == "__main__":
    main()
