"""`open_ensemble`, a viewer for the conformers in a file."""

from __future__ import annotations

from html import escape
from pathlib import Path

import ipywidgets

from ... import proteins
from ...ensembles import read_ensemble
from ..notebook import require_notebook
from ..viewer.viewer import OVERLAY, StructureViewer
from .ca_trace import backbone_or_trace


def open_ensemble(path: str | Path, topology: str | Path | None = None) -> ipywidgets.VBox:
    """Show the conformers of a file, eight at a time.

    Parameters
    ----------
    path : path
        A file that `read_ensemble` reads: NPZ, multi-model PDB or mmCIF, XTC, DCD, or a folder.
    topology : path, optional
        For formats without one. Default: NAME-topology.pdb next to the file.

    Raises
    ------
    NotebookNeededError
        Outside a Jupyter kernel.
    StructureError
        If the file cannot be read.
    """
    require_notebook()
    data = read_ensemble(path, topology=topology)
    sequence, backbone = data.sequence, backbone_or_trace(data.ca, data.backbone)
    known = proteins.by_sequence(sequence)
    folded = known.reference().folded if known else None
    viewer = StructureViewer(sequence, slots=OVERLAY, folded=folded)
    last = max(0, len(backbone) - OVERLAY)
    first = ipywidgets.IntSlider(
        description="From", max=last, disabled=not last, layout={"width": "60%"},
        tooltip="First conformer shown",
    )  # fmt: skip

    def show(_: object = None) -> None:
        part = backbone[first.value : first.value + OVERLAY]
        labels = [f"conformer {first.value + i}" for i in range(len(part))]
        viewer.show(part, labels=labels)

    first.observe(show, "value")
    show()
    name = known.title if known else sequence
    trace = ", CA atoms only, shown as a trace" if data.backbone is None else ""
    about = ipywidgets.HTML(escape(f"{Path(path).name}: {len(data)} conformers of {name}{trace}"))
    return ipywidgets.VBox([about, viewer, first])
