"""Check the values of the page's messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...errors import SettingsError
from ...ranges import Range, shown

Parser = Callable[[Any], Any]
"""Returns a checked value, or raises a `MessageError`."""


class MessageError(SettingsError):
    """A message of the page has an unknown name or an unusable value."""

    def __init__(self, problem: str):
        super().__init__(
            f"{problem} Reload the page so that it matches the installed confdiff_widgets."
        )


def any_value(value: Any) -> Any:
    """Accept any value, for messages whose name is sufficient."""
    return value


def text(value: Any) -> str:
    """Return a string that a file name could contain."""
    if "\0" in content(value):
        raise _unusable(value, "a text")
    return value


def content(value: Any) -> str:
    """Return the content of a file, which may be of any kind."""
    if not isinstance(value, str) or not _is_encodable(value):
        raise _unusable(value, "a text")
    return value


def _is_encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def number(value: Any) -> float:
    """Return a number, which may be infinite or NaN."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _unusable(value, "a number")
    try:
        return float(value)
    except OverflowError as error:
        raise _unusable(value, "a number") from error


def whole(value: Any) -> int:
    """Return a whole number that a browser represents exactly."""
    if not number(value).is_integer() or abs(value) >= 2**53:
        raise _unusable(value, "a whole number")
    return int(value)


def index(value: Any) -> int:
    """Return a whole number of 0 or more."""
    if whole(value) < 0:
        raise _unusable(value, "a number of 0 or more")
    return int(value)


def within(allowed: Range) -> Parser:
    """Return a parser of numbers in a range."""

    def parse_number(value: Any) -> float:
        try:
            return float(allowed.check(value, "value"))
        except SettingsError as error:
            raise _unusable(value, allowed.describe()) from error

    return parse_number


def flag(value: Any) -> bool:
    """Return a boolean."""
    if not isinstance(value, bool):
        raise _unusable(value, "true or false")
    return value


def optional(parse: Parser) -> Parser:
    """Return a parser that accepts None too."""
    return lambda value: None if value is None else parse(value)


def list_of(parse: Parser, length: int | None = None) -> Parser:
    """Return a parser of lists."""

    def parse_list(value: Any) -> list[Any]:
        if not isinstance(value, (list, tuple)) or length not in (None, len(value)):
            raise _unusable(value, "a list" if length is None else f"a list of {length}")
        return [parse(each) for each in value]

    return parse_list


def one_of(choices: Iterable[str]) -> Parser:
    """Return a parser of one of several strings."""
    known = tuple(choices)

    def parse_choice(value: Any) -> str:
        if text(value) not in known:
            raise _unusable(value, f"one of {', '.join(known)}")
        return str(value)

    return parse_choice


def fields(parsers: Mapping[str, Parser], *, required: bool = True) -> Parser:
    """Return a parser of dictionaries with these keys; without ``required`` some may be absent."""

    def parse_fields(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _unusable(value, "an object")
        unknown = [key for key in value if key not in parsers]
        missing = [key for key in parsers if key not in value] if required else []
        if unknown or missing:
            raise _unusable(value, f"an object with {', '.join(parsers)}")
        return {key: parsers[key](each) for key, each in value.items()}

    return parse_fields


def _unusable(value: Any, expected: str) -> MessageError:
    return MessageError(f"The page sent {shown(value)} instead of {expected}.")
