"""GuidanceParameters of the guidance, γ and η: numbers, or functions of the time t."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..errors import SettingsError

Shape = Literal["constant", "linear", "cosine"]


@dataclass(frozen=True)
class Schedule:
    """A knob that acts in a window of t; a run passes it from ``start`` down to ``stop``.

    Attributes
    ----------
    value : float
        In the window; where the shape rises, at its end.
    start, stop : float
        The window, 1 ≥ start > stop ≥ 0, ends included.
    shape : "constant", "linear" or "cosine"
        Linear and cosine rise from ``rest`` at ``start`` to ``value`` at ``stop``.
    rest : float
        Outside the window.

    Raises
    ------
    SettingsError
        For numbers that are not finite, an empty window or an unknown shape.
    """

    value: float
    start: float = 1.0
    stop: float = 0.0
    shape: Shape = "constant"
    rest: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and math.isfinite(self.rest)):
            raise SettingsError(
                f"A schedule goes from {self.rest} to {self.value}; give finite numbers."
            )
        if not 1 >= self.start > self.stop >= 0:
            raise SettingsError(
                f"The window of a schedule is {self.start} to {self.stop}; t falls, so give "
                "1 ≥ start > stop ≥ 0."
            )
        if self.shape not in get_args(Shape):
            raise SettingsError(
                f"Unknown shape {self.shape!r} of a schedule; use {', '.join(get_args(Shape))}."
            )

    def __call__(self, t: float) -> float:
        """The knob at t."""
        if not self.stop <= t <= self.start:
            return self.rest
        passed = (self.start - t) / (self.start - self.stop)
        risen = {
            "constant": 1.0,
            "linear": passed,
            "cosine": 0.5 - 0.5 * math.cos(math.pi * passed),
        }[self.shape]
        return self.rest + risen * (self.value - self.rest)


Strength = float | Schedule


def make_strength(value: float | Schedule | Mapping[str, Any], name: str) -> Strength:
    """A knob from a number, a schedule, or the dictionary of one (as JSON holds it).

    Raises
    ------
    SettingsError
        For what is no finite number and no schedule; ``name`` says which knob.
    """
    if isinstance(value, Schedule):
        return value
    if isinstance(value, Mapping):
        try:
            return Schedule(**value)
        except TypeError as error:
            raise SettingsError(f"{name} is no schedule: {error}.") from error
    if not math.isfinite(value):
        raise SettingsError(f"{name} is {value}; give a finite number, usually from 0 to 1.")
    return float(value)


def strength_at(knob: Strength, t: float) -> float:
    """The number that a knob is at t."""
    return knob(t) if isinstance(knob, Schedule) else knob


def strength_bounds(knob: Strength) -> tuple[float, float]:
    """The lowest and the highest number that a knob may become, in either order."""
    return (knob.rest, knob.value) if isinstance(knob, Schedule) else (knob, knob)
