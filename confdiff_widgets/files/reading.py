"""Read files against a schema: regular files only, up to a stated size, with one error.

A schema is a type that msgspec understands: a `msgspec.Struct`, a dataclass or an annotated type.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")

MAX_JSON_BYTES = 64 << 20
"""Largest JSON file that is read by default."""

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""Half of a character, which no file can store."""


LONGEST = 300
"""Characters of a message: a damaged file may have names of any length."""


class FormatError(ValueError):
    """A file or value is not of the expected format; the message completes "it is damaged: "."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem if len(problem) <= LONGEST else f"{problem[:LONGEST]} …")


def check_regular(path: Path, limit: int | None = None) -> None:
    """Check that a path is a regular file, not for example a pipe, of at most ``limit`` bytes.

    Raises
    ------
    OSError
        If it does not exist.
    FormatError
        If it is something else or larger.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise FormatError(f"{path.name} is not a regular file")
    if limit is not None and status.st_size > limit:
        raise FormatError(
            f"{path.name} has {status.st_size:,} bytes, more than the {limit:,} it can have"
        )


def read_bytes(path: Path, limit: int = MAX_JSON_BYTES) -> bytes:
    """Return the content of a regular file; raises as `check_regular`."""
    check_regular(path, limit)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # never waits for a pipe
    with open(handle, "rb") as file:
        return file.read()


def read_utf8(path: Path, limit: int = MAX_JSON_BYTES) -> str:
    """Return the text of a regular UTF-8 file; raises as `check_regular`."""
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path.name} is not UTF-8 text") from error


def read_json(path: Path, schema: type[T], limit: int = MAX_JSON_BYTES) -> T:
    """Return the content of a JSON file.

    Raises
    ------
    OSError
        If it does not exist or cannot be read.
    FormatError
        If it does not match the schema.
    """
    return parse_json(read_bytes(path, limit), schema)


def parse_json(data: bytes | str, schema: type[T]) -> T:
    """Return the content of a JSON text, which may contain NaN and Infinity.

    Raises
    ------
    FormatError
        If it does not match the schema.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        value = json.loads(text)
        if SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise FormatError("it is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise FormatError("it contains half a character") from error
    except ValueError as error:
        raise FormatError(f"it is not JSON ({error})") from error
    return convert(value, schema)


def convert(value: Any, schema: type[T]) -> T:
    """Return a value of plain Python types as the type of a schema.

    Raises
    ------
    FormatError
        If it does not match.
    """
    try:
        return msgspec.convert(value, schema)
    except msgspec.ValidationError as error:
        raise FormatError(_readable(str(error))) from error
    except (RecursionError, OverflowError) as error:
        raise FormatError("it is nested too deeply, or a number is too large") from error


def fill(kind: type[T], table: Mapping[str, Any]) -> T:
    """Return a dataclass with the values of a table.

    Raises
    ------
    FormatError
        For an unknown or missing name, a value of another type, or one that the class rejects.
    """
    if not isinstance(table, Mapping):
        raise FormatError("it is not a table of settings")
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(str(name) for name in table if name not in known)
    if unknown:
        raise FormatError(
            f"unknown setting {', '.join(unknown)}; known settings: {', '.join(known)}"
        )
    for name, hint in get_type_hints(kind).items():
        choices = get_args(hint) if get_origin(hint) is Literal else ()
        if choices and table.get(name, choices[0]) not in choices:
            raise FormatError(f"{name} is {table[name]!r:.60}; use {', '.join(map(str, choices))}")
    return convert(table, kind)


def _readable(problem: str) -> str:
    """Return the text of a validation error without its notation."""
    problem, _, place = problem.partition(" - at `$")
    problem = problem.replace("`null`", "nothing")
    missing = re.fullmatch(r"Object missing required field `(\w+)`", problem)
    if missing:
        problem = f"{missing[1]} is missing"
    problem = problem[:1].lower() + problem[1:] if problem.startswith("Expected") else problem
    place = place.rstrip("`").lstrip(".").replace("[...]", "")
    problem = problem.replace("`", "")
    return f"{place}: {problem}" if place else problem
