"""How conformers are drawn, and the toolbar that sets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ... import palette
from ...live.frame import Frame
from ..viewer.viewer import OVERLAY, StructureViewer
from .messages import MessageError, Parser, flag, one_of
from .panel_states import Control, ToolbarState

SHOWN = {"predicted": "x̂₀ predicted", "noisy": "xₜ noisy"}
OVERLAID = {"true": "Overlay", "false": "One"}
STYLES = {"auto": "Auto", "tube": "Tube", "cartoon": "Cartoon", "licorice": "Atoms"}
COLORS = {
    "conformer": "Conformer",
    "residue": "Residue",
    "secondary structure": "Secondary structure",
    "RMSF": "RMSF",
    "force": "Guidance force",
}
ABOUT_SHOWN = (
    "xₜ is the noisy state that the solver updates. x̂₀ is the structure that the network predicts "
    "from xₜ: an average over all structures consistent with xₜ, so early predictions are compact "
    "and lack detail. The two are equal at t = 0."
)
ABOUT_COLORS = (
    "Colour by conformer, as in the plots and the table, or by residue, from blue at the N "
    "terminus to orange at the C terminus. Secondary structure is assigned to each frame. RMSF "
    "(Å): fluctuation of each residue across the batch. Guidance force |∇E_t| (kT/Å): magnitude of "
    "the physical guidance on each residue. The arrows show the same force; their scale is stated "
    "in the view. With temperature guidance, it is s(T) − s(T_hot), evaluated for the frames "
    "that are drawn, but not while a run plays at full speed."
)


@dataclass
class DisplayOptions:
    """What the user has chosen to see.

    Attributes
    ----------
    shown : a key of `SHOWN`
    overlay : bool
        Draw up to `OVERLAY` conformers over each other, or one.
    style, color : keys of `STYLES` and `COLORS`
    ghost : bool
        Draw the folded structure in grey.
    arrows : bool
        Draw the physical term of each residue.
    selected : list of int
        Selected conformers; empty for the first ones.
    hovered : int or None
        Conformer under the mouse. Excluded from `repr`, because the renderer redraws the
        structures whenever the `repr` changes.
    """

    shown: str = "predicted"
    overlay: bool = True
    style: str = "auto"
    color: str = "conformer"
    ghost: bool = True
    arrows: bool = True
    selected: list[int] = field(default_factory=list)
    hovered: int | None = field(default=None, repr=False)

    @property
    def highlighted(self) -> list[int]:
        """Conformers that are highlighted in the plots."""
        return self.selected if self.hovered is None else [self.hovered]

    @property
    def shows_force(self) -> bool:
        """Whether the physical term is drawn as arrows or colours."""
        return self.arrows or self.color == "force"

    def drawn_conformers(self, frame: Frame) -> list[int]:
        """Return the conformers to draw."""
        count = len(frame.noisy)
        conformers = [i for i in self.selected if i < count] or list(range(count))
        return conformers[: OVERLAY if self.overlay else 1]

    def draw(
        self, viewer: StructureViewer, frame: Frame, color: str | None = None, title: str = ""
    ) -> None:
        """Show a frame in a viewer.

        Parameters
        ----------
        viewer : StructureViewer
        frame : Frame
        color : str, optional
            Replaces the colours of the conformers.
        title : str
            Title of the view.
        """
        conformers = self.drawn_conformers(frame)
        noisy = self.shown == "noisy" or frame.predicted is None
        backbone = frame.noisy if noisy else frame.predicted
        assert backbone is not None
        values, label = self._values(frame, conformers)
        arrows = frame.force if self.arrows else None
        style = ("tube" if frame.t else "cartoon") if self.style == "auto" else self.style
        scattered = noisy and frame.t > 0  # has no secondary structure
        viewer.show(
            backbone[conformers],
            [color or palette.conformer(i) for i in conformers],
            labels=[f"conformer {i}" for i in conformers],
            values=values,
            arrows=None if arrows is None else arrows[conformers],
            arrow_unit="kT/Å",
            immediate=frame.t == 0,
            color="value" if self.color in ("RMSF", "force") else self.color,
            value_label=label,
            style="tube" if scattered and style == "cartoon" else style,
            ghost=self.ghost,
            title=title,
        )

    def toolbar(self, no_force: str, no_folded: str = "") -> ToolbarState:
        """Return the state of the toolbar.

        Parameters
        ----------
        no_force, no_folded : str
            Why there is no force or no folded structure to show; empty if there is.
        """
        return {
            "label": "Display of the conformers",
            "controls": [
                _control("shown", "tabs", "Structures", self.shown, SHOWN, help=ABOUT_SHOWN),
                _control("overlay", "tabs", "Number", str(self.overlay).lower(), OVERLAID),
                _control("style", "select", "Style", self.style, STYLES),
                _control(
                    "color",
                    "select",
                    "Colour",
                    self.color,
                    COLORS,
                    reasons={"force": no_force},
                    help=ABOUT_COLORS,
                ),
                _control(
                    "ghost", "check", "Folded", self.ghost and not no_folded, reason=no_folded
                ),
                _control("arrows", "check", "Force", self.arrows and not no_force, reason=no_force),
                _control("reset_view", "button", "Centre", None),
            ],
        }

    def set(self, key: str, value: Any) -> None:
        """Set an option of the toolbar.

        Raises
        ------
        MessageError
            For an unknown option or value.
        """
        if key not in OPTIONS:
            raise MessageError(f"The page sent an unknown display option, {key!r:.60}.")
        value = OPTIONS[key](value)
        setattr(self, key, value == "true" if key == "overlay" else value)

    def _values(self, frame: Frame, conformers: Sequence[int]) -> tuple[np.ndarray | None, str]:
        if self.color == "RMSF":
            return frame.rmsf, "RMSF (Å)"
        if self.color == "force" and frame.force is not None:
            return np.linalg.norm(frame.force[conformers], axis=-1), "guidance force (kT/Å)"
        return None, "value"


OPTIONS: dict[str, Parser] = {
    "shown": one_of(SHOWN),
    "overlay": one_of(OVERLAID),
    "style": one_of(STYLES),
    "color": one_of(COLORS),
    "ghost": flag,
    "arrows": flag,
}


def tabs_toolbar(label: str, value: str, choices: dict[str, str], help: str) -> ToolbarState:
    """Return the state of a toolbar with one row of tabs."""
    return {
        "label": label,
        "controls": [_control("view", "tabs", label, value, choices, help=help)],
    }


def help_control(key: str, label: str, help: str) -> Control:
    """Return a help button for something outside the toolbar."""
    return _control(key, "about", label, None, help=help)


def _control(
    key: str,
    kind: Literal["tabs", "select", "check", "button", "about"],
    label: str,
    value: str | bool | None,
    choices: dict[str, str] | None = None,
    *,
    reasons: dict[str, str] | None = None,
    help: str = "",
    reason: str = "",
) -> Control:
    """Return a control; ``reason`` disables it, and ``reasons`` some of its choices."""
    return {
        "key": key,
        "kind": kind,
        "label": label,
        "help": help,
        "disabled_reason": reason,
        "value": value,
        "choices": [
            {"value": v, "label": text, "disabled_reason": (reasons or {}).get(v, "")}
            for v, text in (choices or {}).items()
        ],
    }
