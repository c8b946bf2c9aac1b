"""The structure viewer, a widget that streams conformers to the browser."""

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
    automatic_scale,
    check_arrows,
    check_backbone,
    check_folded,
    check_values,
    conformer_scene,
    rotate_with,
    template_pdb,
)
from .stage import Stage

MIN_RESIDUES = 4
"""NGL draws no tube or cartoon of shorter chains."""

OVERLAY = 8
"""Default of the maximum number of conformers that are overlaid."""

LABELLED_ARROW = 5.0
"""Length (Å) of the arrow in the legend."""

SHARE = 0.4
"""Maximum fraction of the time that frames are in flight to the browser."""

DISPLAY_TRAITS = (
    "style", "color", "value_range", "value_label", "arrow_scale", "arrow_unit",
    "selected", "highlighted", "ghost", "dark", "camera_group", "title",
)  # fmt: skip
"""Attributes that control how conformers are drawn."""


class StructureViewer(ipywidgets.Box):
    """Overlay of up to ``slots`` conformers of one protein.

    `show` may be called from any thread and at any rate: it never waits for the browser. Only one
    frame is in flight at a time; when it has been painted, the newest frame follows.

    Parameters
    ----------
    sequence : str
        One-letter codes of at least four residues.
    slots : int
        Maximum number of conformers shown at once.
    folded : array_like, shape (L, 4 or more, 3), optional
        N, CA, C, O (and other atoms) of a structure in Å. Conformers are superposed on it, and it
        is shown as a ghost.
    **layout
        CSS of the box: ``height="420px"``, ``width="100%"``, ...

    Attributes
    ----------
    style : {"tube", "cartoon", "licorice"}
        Tubes are the fastest to draw; cartoons show helices and strands.
    color : {"conformer", "residue", "secondary structure", "value"}
        "value" colours by the ``values`` given to `show`.
    value_range : (float, float) or None
        Ends of the colour scale of values. None: the smallest and the largest value shown.
    value_label : str
        Quantity and unit for the legend.
    arrow_scale : float or None
        Length (Å) of an arrow of size 1. None: chosen so that large arrows can be seen, and kept
        from frame to frame while they can. Arrows longer than 6 Å are truncated.
    arrow_unit : str
        Unit of the arrows, for the legend.
    selected : int or None
        The only conformer shown. None: all.
    highlighted : int or None
        Conformer that is shown while the others fade. None: no conformer fades.
    ghost : bool
        Show the folded structure in grey.
    dark : bool or None
        Dark background. None follows JupyterLab's theme.
    camera_group : str
        Views on the page with the same group rotate and zoom together. Empty: no group.
    title : str
        Text in the upper left corner.
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
    arrow_scale = traitlets.Float(None, allow_none=True, min=0.0)
    arrow_unit = traitlets.Unicode("")
    selected = traitlets.Int(None, allow_none=True)
    highlighted = traitlets.Int(None, allow_none=True)
    ghost = traitlets.Bool(True)
    dark = traitlets.Bool(None, allow_none=True)
    camera_group = traitlets.Unicode("")
    title = traitlets.Unicode("")
    picked = traitlets.Tuple(default_value=None, allow_none=True)
    hovered = traitlets.Int(None, allow_none=True)

    def __init__(
        self, sequence: str, slots: int = OVERLAY, folded: ArrayLike | None = None, **layout: str
    ) -> None:
        sequence = check_sequence(sequence)
        if len(sequence) < MIN_RESIDUES:
            raise StructureError(
                f"{sequence} is too short to draw. Give a sequence of at least {MIN_RESIDUES} "
                "residues."
            )
        if slots < 1:
            raise StructureError(f"slots={slots} is too small. Give at least 1.")
        reference = None if folded is None else check_folded(folded, len(sequence))
        self.sequence = sequence
        self.slots = slots
        self._lock = threading.RLock()
        self._placement = Placement(reference)
        self._conformers: Conformers | None = None
        self._automatic_scale: float | None = None
        self._resets = 0
        self._suppress_updates = False
        self._on_painted: list[Callable[[], None]] = []
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
        self._stage.on_msg(self._on_message)
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
        **display: Any,
    ) -> None:
        """Replace the conformers shown.

        Parameters
        ----------
        backbone : array_like, shape (B, L, 4, 3)
            N, CA, C, O in Å; B is at most ``slots``.
        colors : sequence of str, optional
            One ``#rrggbb`` per conformer. Default: the palette in order.
        labels : sequence of str, optional
            Names in the tooltips. Default: "conformer 0", "conformer 1", ...
        values : array_like, shape (L,) or (B, L), optional
            Values for ``color = "value"``.
        arrows : array_like, shape (B, L, 3), optional
            A vector at each CA, such as a force, in the coordinate frame of ``backbone`` and any
            unit (``arrow_unit``). Its length is multiplied by ``arrow_scale``; arrows below 0.15 Å
            are not drawn.
        align : bool
            Superpose each conformer on the folded structure, or on the first conformer if there is
            none. False: keep their relative positions.
        immediate : bool
            Send the frame without a pause, because nothing else needs the time.
        **display
            Attributes to set in the same frame, such as ``style="cartoon"``.

        Raises
        ------
        StructureError
            For another shape, too many conformers, NaN or infinity. The view does not change.
        TraitError
            For an invalid value, or an attribute that does not control the display.
        """
        found = check_backbone(backbone, len(self.sequence), self.slots)
        if colors is None:
            colors = [palette.conformer(i) for i in range(len(found))]
        if labels is None:
            labels = [f"conformer {i}" for i in range(len(found))]
        for what, given in (("colours", colors), ("labels", labels)):
            if len(given) != len(found):
                raise StructureError(
                    f"{len(given)} {what} for {len(found)} conformers. Give one per conformer."
                )
        if values is not None:
            values = check_values(values, len(found), len(self.sequence))
        if arrows is not None:
            arrows = check_arrows(arrows, len(found), len(self.sequence))
        with self._lock:
            self._set_display(display)
            placed = self._placement.aligned(found) if align else self._placement.unaligned(found)
            if arrows is not None:
                arrows = rotate_with(arrows, found, placed)
                self._automatic_scale = automatic_scale(arrows, self._automatic_scale)
            self._conformers = Conformers(placed, tuple(colors), tuple(labels), values, arrows)
        self._backpressure.changed(immediate=immediate)

    @property
    def ready(self) -> bool:
        """Whether `show` would be sent to the browser at once. Any thread."""
        return self._backpressure.ready

    @property
    def busy_for(self) -> float:
        """Time (s) for which the browser may still be painting a frame; 0 if it is idle."""
        return self._backpressure.busy_for

    def on_painted(self, callback: Callable[[], None]) -> None:
        """Call back after each painted frame, in the thread that handles browser messages."""
        self._on_painted.append(callback)

    def reset_view(self) -> None:
        """Restore the initial orientation, and zoom to fit again."""
        with self._lock:
            self._resets += 1
        self._backpressure.changed()

    def screenshot(self, callback: Callable[[bytes], None]) -> bool:
        """Request a PNG of the view, without the legend.

        Parameters
        ----------
        callback : callable
            ``callback(png)`` is called with a PNG of twice the size on the screen, from the thread
            that handles browser messages. If there are several views, the first answer is used.

        Returns
        -------
        bool
            Whether the request was sent; False if no view is open. No answer comes if the page is
            closed first.
        """
        return self._stage.screenshot(callback)

    @traitlets.validate("selected", "highlighted")
    def _check_index(self, proposal: dict[str, Any]) -> int | None:
        index = proposal["value"]
        if index is not None and not 0 <= index < self.slots:
            raise traitlets.TraitError(
                f"{proposal['trait'].name}={index} is out of range. Give 0 to {self.slots - 1}."
            )
        return index

    def _set_display(self, display: dict[str, Any]) -> None:
        if unknown := display.keys() - set(DISPLAY_TRAITS):
            raise traitlets.TraitError(
                f"{min(unknown)} is not a display attribute. Choose from "
                f"{', '.join(DISPLAY_TRAITS)}."
            )
        self._suppress_updates = True
        try:
            for name, value in display.items():
                setattr(self, name, value)
        finally:
            self._suppress_updates = False

    @traitlets.observe(*DISPLAY_TRAITS)
    def _display_changed(self, _: object) -> None:
        if not self._suppress_updates:  # otherwise `show` sends the frame
            self._backpressure.changed()

    def _arrow_label(self, scale: float) -> str:
        """Return what an arrow of 5 Å stands for."""
        if not scale:
            return ""
        return (
            f"arrow of {LABELLED_ARROW:g} Å: {LABELLED_ARROW / scale:g} {self.arrow_unit}".strip()
        )

    def _publish(self, number: int) -> None:
        self._stage.scene = self._scene(number)

    def _on_message(self, _: object, message: dict[str, Any], __: object) -> None:
        if "painted" in message:
            self._backpressure.painted(int(message["painted"]))
            for callback in self._on_painted:
                callback()
        if "picked" in message:
            self.picked = tuple(message["picked"])
        if "hovered" in message:
            self.hovered = message["hovered"]

    def _scene(self, number: int) -> dict[str, Any]:
        """Return the complete scene for the browser; binary data is little-endian."""
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
                "title": self.title,
                "count": 0 if shown is None else len(shown),
                "labels": [] if shown is None else list(shown.labels),
                "legend": None,
            }
            coloring = self.color, self.value_range, self.value_label
            given: float | None = self.arrow_scale
            arrow_scale = (self._automatic_scale or 1.0) if given is None else given
            arrow_label = self._arrow_label(arrow_scale)
        if shown is None:
            return scene
        return scene | conformer_scene(
            shown, self.sequence, scene, *coloring, arrow_scale, arrow_label
        )
