"""An ensemble in a file, on the screen."""

from __future__ import annotations

from pathlib import Path

import ipywidgets
import numpy as np

from .. import proteins
from ..evaluation import read_ensemble
from ..geometry.structure import StructureError
from ._notebook import require_notebook
from .viewer import StructureViewer

OVERLAY = 8


def open_ensemble(path: str | Path, topology: str | Path | None = None) -> ipywidgets.VBox:
    """Look through the conformers of a file, eight over each other at a time.

    Parameters
    ----------
    path : path
        What `read_ensemble` reads: NPZ, multi-model PDB or mmCIF, XTC, DCD, a folder of files.
    topology : path, optional
        For formats without one; NAME-topology.pdb beside the file is found by itself.

    Raises
    ------
    NotebookNeededError
        Outside a Jupyter kernel.
    StructureError
        For a file that cannot be read, or lacks backbone atoms.
    """
    require_notebook()
    sequence, backbone = _read(Path(path), topology)
    known = proteins.by_sequence(sequence)
    folded = known.reference().folded if known else None
    viewer = StructureViewer(sequence, slots=OVERLAY, folded=folded)
    last = max(0, len(backbone) - OVERLAY)
    first = ipywidgets.IntSlider(
        description="from", max=last, disabled=not last, layout={"width": "60%"}
    )

    def show(_: object = None) -> None:
        part = backbone[first.value : first.value + OVERLAY]
        labels = [f"conformer {first.value + i}" for i in range(len(part))]
        viewer.show(part, labels=labels)

    first.observe(show, "value")
    show()
    name = known.title if known else sequence
    about = ipywidgets.HTML(f"{Path(path).name}: {len(backbone)} conformers of {name}")
    return ipywidgets.VBox([about, viewer, first])


def _read(path: Path, topology: str | Path | None) -> tuple[str, np.ndarray]:
    """Sequence and N, CA, C, O (N, L, 4, 3) in Å."""
    found = read_ensemble(path, topology=topology)
    if found.backbone is None:
        raise StructureError(f"{path} lacks backbone atoms (N, CA, C, O) of some residues.")
    return found.sequence, found.backbone
