"""Create the bundled reference ensembles from the MD described in ``md/README.md``.

python recipes/bundle_references.py MD_FOLDER
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from confdiff_widgets.analysis import TicaModel, fit_tica
from confdiff_widgets.analysis.mbar import free_energies
from confdiff_widgets.ensembles import load_atom14
from confdiff_widgets.proteins.reference import Reference
from confdiff_widgets.training.conformers import read_conformers
from confdiff_widgets.units import GAS_CONSTANT

FRAME_PS = 20.0
EQUILIBRATION_FRAMES = 50
"""Frames (1 ns) that are left out at the start of the trajectories of a TICA."""

TICA_LAG_PS = 400.0
DATA = Path(__file__).parents[1] / "confdiff_widgets" / "proteins" / "data"


@dataclass(frozen=True)
class Source:
    """Simulations of one protein."""

    folder: str
    tica: str  # set of trajectories that are continuous in time
    thinning: int
    temperature: float


SOURCES = {
    "chignolin": Source("cln025", "md_350K", 2, 350.0),
    "trp-cage": Source("2jof", "remd", 1, 340.0),
}


def fit(name: str, folder: Path, tag: str) -> TicaModel:
    """Fit the TICA to the trajectories of a set."""
    files = sorted(folder.glob(f"{tag}_*.xtc"))
    frames = read_conformers(name, files, folder / "topology.pdb", skip=EQUILIBRATION_FRAMES)
    ca, replica = frames.backbone[:, :, 1].numpy(), frames.replica.numpy()
    return fit_tica(
        [ca[replica == k] for k in range(len(files))], lag_ps=TICA_LAG_PS, frame_ps=FRAME_PS
    )


def build(md: Path, name: str) -> Reference:
    """Build the reference of one protein from its exchange without the first quarter."""
    source = SOURCES[name]
    folder = md / source.folder
    with np.load(folder / "remd.npz") as arrays:
        kelvin, potential = arrays["temperature_k"], arrays["potential_kj_mol"].astype(np.float64)
    kept = np.zeros(kelvin.shape, dtype=bool)
    kept[:, kelvin.shape[1] // 4 :: source.thinning] = True
    files = sorted(folder.glob("remd_*.xtc"))
    topology = folder / "topology.pdb"
    frames = read_conformers(name, files, topology, keep=list(kept))
    ladder, state = np.unique(np.round(kelvin[kept], 2), return_inverse=True)
    exponents = -potential[kept][:, None] / (GAS_CONSTANT * ladder)
    folded = load_atom14(topology)
    positions = (folded.positions[0] - folded.positions[0, :, 1].mean(0)) * folded.mask[..., None]
    return Reference(
        frames=frames.backbone.numpy(),
        ladder=ladder.astype(np.float64),
        state=state,
        potential=potential[kept],
        frame_replica=frames.replica.numpy(),
        time_ps=np.broadcast_to(np.arange(kelvin.shape[1]) * FRAME_PS, kelvin.shape)[kept],
        free_energies=free_energies(exponents, np.bincount(state)),
        folded=positions.numpy(),
        tica=fit(name, folder, source.tica),
        temperature=source.temperature,
    )


def main(md: Path) -> None:
    for name in SOURCES:
        reference = build(md, name)
        path = DATA / name / "reference.npz"
        reference.save(path)
        frames = len(reference.frames)
        print(f"{path}: {frames} frames, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
