"""How conformers are shown, and the toolbar that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ... import palette
from ...live.frame import Frame
from ..viewer.viewer import StructureViewer

OVERLAY = 8

SHOWN = {"predicted": "x̂₀ predicted", "noisy": "xₜ noisy"}
STYLES = {"auto": "tube → cartoon", "tube": "tube", "cartoon": "cartoon", "licorice": "atoms"}
COLORS = {
    "conformer": "by conformer",
    "residue": "by residue",
    "secondary structure": "by secondary structure",
    "RMSF": "by RMSF",
    "force": "by guidance force",
}
ABOUT_COLORS = (
    "By conformer: the colour that it has in the plots and the table. By residue: from blue at the "
    "N terminus to orange at the C terminus; secondary structure is assigned to each picture. "
    "RMSF (Å) is how much a residue moves over the batch, the guidance force |∇E_t| (1/nm) how "
    "hard physics pulls at it."
)


@dataclass
class DisplayOptions:
    """What a person chose to see.

    Attributes
    ----------
    shown : a key of `SHOWN`
    overlay : bool
        Up to eight conformers over each other, or one.
    style, color : keys of `STYLES` and `COLORS`
    ghost : bool
        The folded structure in grey.
    arrows : bool
        The physical term of each residue.
    chosen : list of int
        Conformers that were picked; empty: the first ones.
    pointed : int or None
        Conformer under the mouse; not in the representation, by which pictures are told apart.
    """

    shown: str = "predicted"
    overlay: bool = True
    style: str = "auto"
    color: str = "conformer"
    ghost: bool = True
    arrows: bool = True
    chosen: list[int] = field(default_factory=list)
    pointed: int | None = field(default=None, repr=False)

    @property
    def outstanding(self) -> list[int]:
        """Conformers that stand out in the plots."""
        return self.chosen if self.pointed is None else [self.pointed]

    def which(self, frame: Frame) -> list[int]:
        """Conformers to draw."""
        count = len(frame.noisy)
        picked = [i for i in self.chosen if i < count] or list(range(count))
        return picked[: OVERLAY if self.overlay else 1]

    def draw(self, viewer: StructureViewer, frame: Frame, color: str | None = None) -> list[int]:
        """Show a frame, all in one colour where one is given; which conformers it shows."""
        which = self.which(frame)
        noisy = self.shown == "noisy" or frame.predicted is None
        backbone = frame.noisy if noisy else frame.predicted
        assert backbone is not None
        values, label = self._values(frame, which)
        scattered = noisy and frame.t > 0
        style = ("tube" if frame.t else "cartoon") if self.style == "auto" else self.style
        viewer.show(
            backbone[which],
            [color or palette.conformer(i) for i in which],
            labels=[f"conformer {i}" for i in which],
            values=values,
            arrows=frame.physical_score[which]
            if self.arrows and frame.physical_score is not None
            else None,
            hurry=frame.t == 0,
            color="value" if self.color in ("RMSF", "force") else self.color,
            value_label=label,
            style="tube" if scattered and style == "cartoon" else style,
            ghost=self.ghost,
        )
        return which

    def toolbar(self, no_force: str, no_folded: str = "") -> dict[str, Any]:
        """State of the toolbar; says why there is no force or no folded structure to show."""
        return {
            "label": "How conformers are shown",
            "controls": [
                _control("shown", "tabs", "What is drawn", self.shown, SHOWN, help=(
                    "xₜ is the noisy state that the sampler moves. x̂₀ is the network's prediction "
                    "of the structure behind it: a mean of what it may become, so early ones are "
                    "compact and blurred. They meet at t = 0.")),
                _control("overlay", "tabs", "How many", str(self.overlay).lower(),
                         {"true": "overlay", "false": "one"}),
                _control("style", "select", "Style", self.style, STYLES),
                _control("color", "select", "Colour", self.color, COLORS,
                         why={"force": no_force}, help=ABOUT_COLORS),
                _control("ghost", "check", "folded", self.ghost and not no_folded,
                         off=no_folded),
                _control("arrows", "check", "force", self.arrows and not no_force, off=no_force),
                _control("reset_view", "button", "centre", None),
            ],
        }  # fmt: skip

    def set(self, key: str, value: Any) -> None:
        """Take a choice of the toolbar."""
        if key == "overlay":
            value = value == "true"
        setattr(self, key, value)

    def _values(self, frame: Frame, which: Sequence[int]) -> tuple[np.ndarray | None, str]:
        if self.color == "RMSF":
            return frame.rmsf, "RMSF (Å)"
        if self.color == "force" and frame.physical_score_norm is not None:
            return frame.physical_score_norm[which], "guidance force (1/nm)"
        return None, "value"


def _control(
    key: str,
    kind: str,
    label: str,
    value: Any,
    choices: dict[str, str] | None = None,
    *,
    why: dict[str, str] | None = None,
    help: str = "",
    off: str = "",
) -> dict[str, Any]:
    return {
        "key": key,
        "kind": kind,
        "label": label,
        "help": help,
        "why": off,
        "value": value,
        "choices": [
            {"value": v, "label": text, "why": (why or {}).get(v, "")}
            for v, text in (choices or {}).items()
        ],
    }


def tabs(label: str, value: str, choices: dict[str, str], help: str) -> dict[str, Any]:
    """State of a toolbar that is one row of tabs."""
    return {
        "label": label,
        "controls": [_control("view", "tabs", label, value, choices, help=help)],
    }


def about(key: str, label: str, help: str) -> dict[str, Any]:
    """A help alone: what something is that stands elsewhere."""
    return _control(key, "about", label, None, help=help)
