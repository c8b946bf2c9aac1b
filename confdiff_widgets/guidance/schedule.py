"""Guidance strengths, γ or η: numbers, or functions of the diffusion time t."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..errors import SettingsError
from ..ranges import FINITE, Range, shortened, shown

Shape = Literal["constant", "linear", "cosine"]


@dataclass(frozen=True)
class Schedule:
    """A guidance strength that is active in a window of t, from ``start`` down to ``stop``.

    Attributes
    ----------
    value : float
        Strength in the window; for linear and cosine, at its end.
    start, stop : float
        The window, 1 ≥ start > stop ≥ 0, both ends included.
    shape : "constant", "linear" or "cosine"
        Linear and cosine schedules rise from ``rest`` at ``start`` to ``value`` at ``stop``.
    rest : float
        Strength outside the window.

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
        for name in ("value", "rest", "start", "stop"):
            part = "window" if name in ("start", "stop") else name
            checked = FINITE.check(getattr(self, name), f"The {part} of a schedule")
            object.__setattr__(self, name, checked)
        if not 1 >= self.start > self.stop >= 0:
            raise SettingsError(
                f"The window of a schedule is {self.start} to {self.stop}. Time decreases, so give "
                "1 ≥ start > stop ≥ 0."
            )
        if self.shape not in get_args(Shape):
            known = ", ".join(get_args(Shape))
            raise SettingsError(f"Unknown shape {shown(self.shape)} of a schedule; use {known}.")

    def __call__(self, t: float) -> float:
        """Return the strength at t."""
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


def make_strength(
    value: float | Schedule | Mapping[str, Any], name: str, allowed: Range = FINITE
) -> Strength:
    """Make a strength from a number, a schedule, or a schedule's dictionary (from JSON).

    Raises
    ------
    SettingsError
        If the value is neither a schedule nor a number, or outside its range; the error contains
        ``name``.
    """
    if isinstance(value, Mapping):
        try:
            value = Schedule(**value)
        except TypeError as error:
            raise SettingsError(f"{name} is not a schedule: {shortened(str(error))}.") from error
    if not isinstance(value, Schedule):
        return float(allowed.check(value, name))
    for strength in strength_bounds(value):
        allowed.check(strength, name)
    return value


def strength_at(strength: Strength, t: float) -> float:
    """Return the value of a strength at t."""
    return strength(t) if isinstance(strength, Schedule) else strength


def strength_bounds(strength: Strength) -> tuple[float, float]:
    """Return the two extreme values of a strength, in either order."""
    if isinstance(strength, Schedule):
        return strength.rest, strength.value
    return strength, strength
