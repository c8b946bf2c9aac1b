"""Conformers in three dimensions, as they change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import traitlets
from numpy.typing import ArrayLike

from ... import palette
from ...geometry.residues import check_sequence
from ...geometry.structure import StructureError
from ..panel import handle_messages_while_busy
from ..streaming.backpressure import Backpressure
from .nglview_compat import ngl_widget
from .scene import (
    COLORINGS,
    STYLES,
    Conformers,
    Placement,
    checked_arrows,
    checked_backbone,
    checked_folded,
    checked_values,
    picture_of,
    template_pdb,
    turned,
)
from .stage import Stage

SHORTEST = 4
"""Residues; NGL draws no tube or cartoon of fewer."""

OVERLAY = 8
"""Conformers that are drawn over each other at most, unless more slots are asked for."""

SHARE = 0.4
"""Of the time that pictures may be under way."""

LOOK = (
    "style", "color", "value_range", "value_label", "arrow_scale",
    "selected", "highlighted", "ghost", "dark", "camera_group",
)  # fmt: skip
"""Attributes that say how conformers are drawn."""


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
    arrow_scale : float
        Å that an arrow of size 1 is long. It is the same in all pictures, so that they can be
        compared; only what would be longer than 4 Å is cut to that.
    selected : int or None
        Show this conformer alone; None: all.
    highlighted : int or None
        Let the others fade.
    ghost : bool
        Show the folded structure in grey.
    dark : bool or None
        Dark background; None follows JupyterLab's theme.
    camera_group : str
        Views on the page with the same group turn and zoom together. Empty: this one is alone.
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
    arrow_scale = traitlets.Float(2.0, min=0.0)
    selected = traitlets.Int(None, allow_none=True)
    highlighted = traitlets.Int(None, allow_none=True)
    ghost = traitlets.Bool(True)
    dark = traitlets.Bool(None, allow_none=True)
    camera_group = traitlets.Unicode("")
    picked = traitlets.Tuple(default_value=None, allow_none=True)
    hovered = traitlets.Int(None, allow_none=True)

    def __init__(
        self, sequence: str, slots: int = OVERLAY, folded: ArrayLike | None = None, **layout: str
    ) -> None:
        sequence = check_sequence(sequence)
        if len(sequence) < SHORTEST:
            raise StructureError(f"{sequence} is too short to draw: {SHORTEST} residues at least.")
        if slots < 1:
            raise StructureError(f"slots={slots}: at least one.")
        reference = None if folded is None else checked_folded(folded, len(sequence))
        self.sequence = sequence
        self.slots = slots
        self._lock = threading.RLock()
        self._placement = Placement(reference)
        self._conformers: Conformers | None = None
        self._resets = 0
        self._setting = False
        self._painted: list[Callable[[], None]] = []
        self._backpressure = Backpressure(self._publish, share=SHARE)
        target = self._placement.target
        self.ngl = ngl_widget(
            layout={"width": "auto", "min_width": "0", "flex": "1 1 0", "height": "100%"}
        )
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
        handle_messages_while_busy(self._stage, self.ngl)
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
        arrows: ArrayLike | None = None,
        align: bool = True,
        immediate: bool = False,
        **look: Any,
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
        arrows : array_like, shape (B, L, 3), optional
            A vector on each CA, such as a force, in the frame of ``backbone`` and any unit. Drawn
            ``arrow_scale`` long in the conformer's colour; none where that is under 0.15 Å.
        align : bool
            Superpose each on the folded structure, or without one all on the first. False: they
            are drawn as they lie.
        immediate : bool
            Send it without a pause, because nothing else needs the time.
        **look
            Attributes to set with it, such as ``style="cartoon"``: in the same picture.

        Raises
        ------
        StructureError
            For another shape, too many conformers, or NaN. What was shown before stays.
        TraitError
            For a value that an attribute cannot have, or one that says nothing of the look.
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
        if arrows is not None:
            arrows = checked_arrows(arrows, len(found), len(self.sequence))
        with self._lock:
            self._set(look)
            placed = self._placement.aligned(found) if align else self._placement.as_given(found)
            if arrows is not None:
                arrows = turned(arrows, found, placed)
            self._conformers = Conformers(placed, tuple(colors), tuple(labels), values, arrows)
        self._backpressure.changed(immediate=immediate)

    @property
    def ready(self) -> bool:
        """Whether `show` would be sent to the browser at once. Any thread."""
        return self._backpressure.ready

    @property
    def busy_for(self) -> float:
        """Seconds in which the browser may still be painting a picture; 0 when it is not."""
        return self._backpressure.busy_for

    def on_painted(self, callback: Callable[[], None]) -> None:
        """Call after each picture that is on the screen, in the thread that hears of it."""
        self._painted.append(callback)

    def reset_view(self) -> None:
        """Turn and zoom back to where the view began, and follow the size of what is shown."""
        with self._lock:
            self._resets += 1
        self._backpressure.changed()

    def picture(self, callback: Callable[[bytes], None]) -> bool:
        """Ask the browser for a picture of the view as it is now, without the legend.

        Parameters
        ----------
        callback : callable
            ``callback(png)`` is called with a PNG of twice the size on the screen, from the thread
            that handles the browser's messages. Where several views show it, the first one answers.

        Returns
        -------
        bool
            False if there is no view that could answer. True: it was asked, and will answer unless
            its page is closed before.
        """
        return self._stage.picture(callback)

    @traitlets.validate("selected", "highlighted")
    def _check_index(self, proposal: dict[str, Any]) -> int | None:
        index = proposal["value"]
        if index is not None and not 0 <= index < self.slots:
            raise traitlets.TraitError(
                f"{proposal['trait'].name}={index}: conformers are counted 0 to {self.slots - 1}."
            )
        return index

    def _set(self, look: dict[str, Any]) -> None:
        if unknown := look.keys() - set(LOOK):
            raise traitlets.TraitError(f"{min(unknown)}: choose from {', '.join(LOOK)}.")
        self._setting = True
        try:
            for name, value in look.items():
                setattr(self, name, value)
        finally:
            self._setting = False

    @traitlets.observe(*LOOK)
    def _look_changed(self, _: object) -> None:
        if not self._setting:  # else the picture follows
            self._backpressure.changed()

    def _publish(self, number: int) -> None:
        self._stage.scene = self._scene(number)

    def _answered(self, _: object, message: dict[str, Any], __: object) -> None:
        if "painted" in message:
            self._backpressure.painted(int(message["painted"]))
            for callback in self._painted:
                callback()
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
                "camera_group": self.camera_group,
                "count": 0 if shown is None else len(shown),
                "labels": [] if shown is None else list(shown.labels),
                "legend": None,
            }
            look = self.color, self.value_range, self.value_label
            arrow_scale = self.arrow_scale
        if shown is None:
            return scene
        return scene | picture_of(shown, self.sequence, scene, *look, arrow_scale)
