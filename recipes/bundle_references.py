"""Create the bundled reference ensembles from the MD described in ``md/README.md``.

python recipes/bundle_references.py MD_FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from confdiff_widgets.analysis import fit_tica
from confdiff_widgets.ensembles import load_atom14
from confdiff_widgets.proteins.reference import Reference
from confdiff_widgets.training.conformers import read_conformers

FRAME_PS = 20.0
EQUILIBRATION_FRAMES = 50  # 1 ns
TICA_LAG_PS = 400.0
DATA = Path(__file__).parents[1] / "confdiff_widgets" / "proteins" / "data"


def build(md: Path, name: str, tag: str, temperature: float, window: float | None) -> Reference:
    """Build the reference of one protein from frames within ± ``window`` K (default: all)."""
    topology = md / "topology.pdb"
    files = sorted(md.glob(f"{tag}_*.xtc"))
    everything = read_conformers(name, files, topology, skip=EQUILIBRATION_FRAMES)
    ca = everything.backbone[:, :, 1].numpy()
    replicas = everything.replica.numpy()
    tica = fit_tica(
        [ca[replicas == k] for k in range(len(files))], lag_ps=TICA_LAG_PS, frame_ps=FRAME_PS
    )
    chosen = np.ones(len(ca), dtype=bool)
    if window is not None:
        kelvin = np.load(md / f"{tag}.npz")["temperature_k"][:, EQUILIBRATION_FRAMES:]
        chosen = np.abs(kelvin.reshape(-1) - temperature) <= window
    folded = load_atom14(topology)
    positions = (folded.positions[0] - folded.positions[0, :, 1].mean(0)) * folded.mask[..., None]
    return Reference(
        backbone=everything.backbone.numpy()[chosen],
        replica=replicas[chosen],
        folded=positions.numpy(),
        tica=tica,
        temperature=temperature,
    )


def main(md: Path) -> None:
    for name, folder, tag, temperature, window in (
        ("chignolin", "cln025", "md_350K", 350.0, None),
        ("trp-cage", "2jof", "remd", 340.0, 15.0),
    ):
        reference = build(md / folder, name, tag, temperature, window)
        path = DATA / name / "reference.npz"
        reference.save(path)
        print(f"{path}: {len(reference.backbone)} conformers, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
