"""Write the files of a bundled protein from the folder of `confdiff md`, as an example of one.

python bundle_protein.py MD_FOLDER confdiff_widgets/proteins/data/NAME TITLE PDB_ID
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

from confdiff_widgets.ensembles import load_atom14
from confdiff_widgets.proteins.reference import Reference
from confdiff_widgets.reports.own_reference import own_reference

FOLDED_CUTOFF = 2.0
"""CA-RMSD (Å) below which a conformer is folded."""


def bundle(simulation: Path, folder: Path, title: str, pdb_id: str) -> Reference:
    """Write ``protein.json`` and ``reference.npz``; the folder has the name of the protein."""
    structure = load_atom14(simulation / "topology.pdb")
    simulated = own_reference(simulation, structure.sequence)
    centre = structure.positions[0, :, 1].mean(0)
    folded = (structure.positions[0] - centre) * structure.mask[..., None]
    fields = {f.name: getattr(simulated, f.name) for f in dataclasses.fields(simulated)}
    reference = Reference(**fields, folded=folded.numpy())
    folder.mkdir(parents=True, exist_ok=True)
    reference.save(folder / "reference.npz")
    low, high = reference.ladder[0], reference.ladder[-1]
    about = {
        "name": folder.name,
        "title": title,
        "pdb_id": pdb_id,
        "folded_cutoff": FOLDED_CUTOFF,
        "sequence": structure.sequence,
        "temperature": float(reference.temperature),
        "reference": f"{len(reference.frames)} frames from {low:.0f} to {high:.0f} K",
        "caution": "State what has not converged.",
        "tica": f"lag {reference.tica.lag_ps:.0f} ps; one TICA for all temperatures",
    }
    (folder / "protein.json").write_text(json.dumps(about, indent=2), encoding="utf-8")
    return reference


if __name__ == "__main__":
    bundle(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:5])
