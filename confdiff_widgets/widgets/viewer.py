"""Conformers in three dimensions, as they change."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from ..geometry.residues import check_sequence
from ..geometry.structure import StructureError
from . import palette
from ._gate import Gate
from ._nglview_compat import ngl_widget
from ._scene import (
    COLORINGS,
    STYLES,
    Conformers,
    Placement,
    checked_backbone,
    checked_values,
    coloring,
    structure_classes,
    template_pdb,
)

SHORTEST = 4
"""Residues; NGL draws no tube or cartoon of fewer."""


class Stage(anywidget.AnyWidget):
    """The browser's half, `stage.js`: it drives NGL inside nglview's view beside it."""

    _esm = Path(__file__).parent / "stage.js"

    ngl = traitlets.Instance(ipywidgets.Widget).tag(sync=True, **ipywidgets.widget_serialization)
    topology = traitlets.Unicode().tag(sync=True)
    slots = traitlets.Int().tag(sync=True)
    ghost = traitlets.Bytes().tag(sync=True)  # float32 (L, 4, 3), or nothing
    ghost_color = traitlets.Unicode(palette.GHOST).tag(sync=True)
    backgrounds = traitlets.List([palette.LIGHT_BACKGROUND, palette.DARK_BACKGROUND]).tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)  # see StructureViewer._scene


class StructureViewer(ipywidgets.Box):
    """Up to ``slots`` conformers of one protein, drawn over each other.

    `show` may be called from any thread, as often as one likes: it never waits for the screen. The
    browser gets one picture at a time, the newest there is, and the next when that is painted.

    Parameters
    ----------
    sequence : str
        One letter a residue; at least four.
    slots : int
        The most conformers that can be shown at once.
    folded : array_like, shape (L, 4 or more, 3), optional
        N, CA, C, O (and more) of a structure to place the conformers on and to show as a ghost, Å.
    **layout
        CSS of the box: ``height="420px"``, ``width="100%"``, ...

    Attributes
    ----------
    style : {"tube", "cartoon", "licorice"}
        Tube is the one to stream noise with; cartoon shows helices and strands.
    color : {"conformer", "residue", "secondary structure", "value"}
        "value" colours by the ``values`` given to `show`.
    value_range : (float, float) or None
        What the two ends of the value scale stand for; None: the smallest and largest shown.
    value_label : str
        Quantity and unit for the legend.
    selected : int or None
        Show this conformer alone; None: all.
    highlighted : int or None
        Let the others fade.
    ghost : bool
        Show the folded structure in grey.
    dark : bool or None
        Dark background; None follows JupyterLab's theme.
    picked : (int, int) or None
        Conformer and residue that were clicked last, both counted from 0.
    hovered : int or None
        Conformer under the mouse.
    """

    style = traitlets.Enum(STYLES, "tube")
    color = traitlets.Enum(COLORINGS, "conformer")
    value_range = traitlets.Tuple(
        traitlets.Float(), traitlets.Float(), default_value=None, allow_none=True
    )
    value_label = traitlets.Unicode("value")
    selected = traitlets.Int(None, allow_none=True)
    highlighted = traitlets.Int(None, allow_none=True)
    ghost = traitlets.Bool(True)
    dark = traitlets.Bool(None, allow_none=True)
    picked = traitlets.Tuple(default_value=None, allow_none=True)
    hovered = traitlets.Int(None, allow_none=True)

    def __init__(
        self, sequence: str, slots: int = 8, folded: ArrayLike | None = None, **layout: str
    ) -> None:
        sequence = check_sequence(sequence)
        if len(sequence) < SHORTEST:
            raise StructureError(f"{sequence} is too short to draw: {SHORTEST} residues at least.")
        if slots < 1:
            raise StructureError(f"slots={slots}: at least one.")
        reference = None if folded is None else _checked_folded(folded, len(sequence))
        self.sequence = sequence
        self.slots = slots
        self._lock = threading.RLock()
        self._placement = Placement(reference)
        self._conformers: Conformers | None = None
        self._resets = 0
        self._gate = Gate(self._publish)
        target = self._placement.target
        self.ngl = ngl_widget(layout={"width": "auto", "flex": "1 1 auto", "height": "100%"})
        self.ngl._ibtn_fullscreen.icon = "expand"
        self._stage = Stage(
            ngl=self.ngl,
            topology=template_pdb(sequence),
            slots=slots,
            ghost=b"" if target is None else target.astype("<f4").tobytes(),
            scene=self._scene(0),
            description=f"3D view of {sequence}, up to {slots} conformers",
        )
        self._stage.on_msg(self._answered)
        super().__init__(
            children=[self.ngl, self._stage],
            layout={"height": "420px", "width": "100%", "overflow": "hidden", **layout},
        )

    def show(
        self,
        backbone: ArrayLike,
        colors: Sequence[str] | None = None,
        *,
        labels: Sequence[str] | None = None,
        values: ArrayLike | None = None,
        align: bool = True,
    ) -> None:
        """Draw these conformers in place of those shown.

        Parameters
        ----------
        backbone : array_like, shape (B, L, 4, 3)
            N, CA, C, O in Å, B at most ``slots``.
        colors : sequence of str, optional
            One ``#rrggbb`` a conformer. Default: the palette in order.
        labels : sequence of str, optional
            What each is called under the mouse. Default: "conformer 0", "conformer 1", ...
        values : array_like, shape (L,) or (B, L), optional
            What ``color = "value"`` colours by.
        align : bool
            Superpose each on the folded structure, or without one all on the first. False: they
            are drawn as they lie.

        Raises
        ------
        StructureError
            For another shape, too many conformers, or NaN. What was shown before stays.
        """
        found = checked_backbone(backbone, len(self.sequence), self.slots)
        if colors is None:
            colors = [palette.conformer(i) for i in range(len(found))]
        if labels is None:
            labels = [f"conformer {i}" for i in range(len(found))]
        for what, given in (("colours", colors), ("labels", labels)):
            if len(given) != len(found):
                raise StructureError(f"{len(given)} {what} for {len(found)} conformers.")
        if values is not None:
            values = checked_values(values, len(found), len(self.sequence))
        with self._lock:
            placed = self._placement.aligned(found) if align else self._placement.as_given(found)
            self._conformers = Conformers(placed, tuple(colors), tuple(labels), values)
        self._gate.changed()

    def reset_view(self) -> None:
        """Turn and zoom back to where the view began, and follow the size of what is shown."""
        with self._lock:
            self._resets += 1
        self._gate.changed()

    @traitlets.validate("selected", "highlighted")
    def _check_index(self, proposal: dict[str, Any]) -> int | None:
        index = proposal["value"]
        if index is not None and not 0 <= index < self.slots:
            raise traitlets.TraitError(
                f"{proposal['trait'].name}={index}: conformers are counted 0 to {self.slots - 1}."
            )
        return index

    @traitlets.observe(
        "style", "color", "value_range", "value_label", "selected", "highlighted", "ghost", "dark"
    )
    def _look_changed(self, _: object) -> None:
        self._gate.changed()

    def _publish(self, number: int) -> None:
        self._stage.scene = self._scene(number)

    def _answered(self, _: object, message: dict[str, Any], __: object) -> None:
        if "painted" in message:
            self._gate.painted(int(message["painted"]))
        if "picked" in message:
            self.picked = tuple(message["picked"])
        if "hovered" in message:
            self.hovered = message["hovered"]

    def _scene(self, number: int) -> dict[str, Any]:
        """All that the browser draws next; binary parts are little-endian."""
        with self._lock:
            shown = self._conformers
            scene: dict[str, Any] = {
                "number": number,
                "style": self.style,
                "selected": self.selected,
                "highlighted": self.highlighted,
                "ghost": self.ghost,
                "dark": self.dark,
                "resets": self._resets,
                "count": 0 if shown is None else len(shown),
                "labels": [] if shown is None else list(shown.labels),
                "legend": None,
            }
            look = self.color, self.value_range, self.value_label
        if shown is None:
            return scene
        classes = None
        if scene["style"] == "cartoon" or look[0] == "secondary structure":
            classes = structure_classes(shown, self.sequence)
            codes = np.select([classes == "C", classes == "E"], [ord("c"), ord("e")], ord("h"))
            scene["structure"] = codes.astype(np.uint8).tobytes()  # (B, L), NGL's letters
        visible = shown.backbone
        if scene["selected"] is not None and scene["selected"] < len(shown):
            visible = visible[scene["selected"], None]
        scene["radius"] = float(np.linalg.norm(visible[:, :, 1], axis=-1).max())
        scene["positions"] = shown.backbone.astype("<f4").tobytes()  # (B, L, 4, 3)
        color, value_range, label = look
        return scene | coloring(color, shown, classes, value_range, label)


def _checked_folded(folded: ArrayLike, residues: int) -> NDArray[np.float32]:
    found = np.asarray(folded, dtype=np.float32)
    if found.ndim != 3 or found.shape[0] != residues or found.shape[1] < 4 or found.shape[2] != 3:
        raise StructureError(
            f"The folded structure has shape {found.shape}, expected ({residues}, 4 or more, 3): "
            "N, CA, C, O first."
        )
    return checked_backbone(found[:, :4], residues, 1)[0]
