"""Ranges of numbers: the one check of settings for Python, the command line and the widgets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import SettingsError

SHOWN = 60
"""Characters of a value that an error message quotes."""

DIGITS = 17
"""Whole numbers with more digits are described by their number of digits."""


@dataclass(frozen=True)
class Range:
    """Numbers that a setting may have, from ``low`` to ``high``.

    Attributes
    ----------
    low, high : float
        Both included.
    whole : bool
        Whether the number is whole; `check` then returns an int.
    above : bool
        Whether ``low`` itself is excluded.
    unit : str
        Unit in messages.
    """

    low: float
    high: float
    whole: bool = False
    above: bool = False
    unit: str = ""

    def check(self, value: Any, name: str) -> Any:
        """Return a value as an int or a float.

        Parameters
        ----------
        value
        name : str
            Name of the setting in the message.

        Raises
        ------
        SettingsError
            If the value is not a number of this range; never another error, whatever it is.
        """
        number = _number(value)
        if number is None or not self._contains(number):
            raise SettingsError(f"{name} is {shown(value)}{self._unit}. Give {self.describe()}.")
        return int(number) if self.whole else float(number)

    def describe(self) -> str:
        """Return the range in words: "a whole number from 1 to 100"."""
        if self == FINITE:
            return "a finite number"
        kind = "a whole number" if self.whole else "a number"
        start = f"above {_plain(self.low)}, up to" if self.above else f"from {_plain(self.low)} to"
        return f"{kind} {start} {_plain(self.high)}{self._unit}"

    @property
    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def _contains(self, number: float) -> bool:
        if self.whole and number != math.floor(number):
            return False
        return (self.low < number if self.above else self.low <= number) and number <= self.high


FINITE = Range(-1e30, 1e30)
"""Numbers that 32-bit floats can hold."""


def shown(value: Any) -> str:
    """Return a value as a message quotes it: shortened, and safe for any size."""
    if isinstance(value, int) and abs(value) >= 10**DIGITS:
        digits = int(abs(value).bit_length() * math.log10(2)) + 1
        return f"a number of {digits} digits"
    try:
        text = repr(value) if isinstance(value, (str, Mapping, Sequence)) else str(value)
    except (ValueError, RecursionError):  # a nested number or nesting that Python cannot print
        text = f"a {type(value).__name__}"
    return shortened(text)


def shortened(text: str, length: int = SHOWN) -> str:
    """Return a text, cut after some characters."""
    return text if len(text) <= length else f"{text[:length]} …"


def _number(value: Any) -> float | None:
    """Return a finite number, or None for anything else. Whole numbers stay exact."""
    if isinstance(value, (bool, str, bytes)):
        return None
    try:
        if value == int(value):
            return int(value)
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _plain(number: float) -> str:
    whole = number == int(number) and abs(number) < 10**DIGITS
    return str(int(number)) if whole else f"{number:g}"
