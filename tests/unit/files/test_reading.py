"""Files are read up to a limit, against a schema, and never block."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import pytest

from confdiff_widgets.files.reading import FormatError, fill, parse_json, read_json, read_utf8


class Point(msgspec.Struct):
    x: Annotated[int, msgspec.Meta(ge=0)]
    names: list[str] = []
    size: float = 0.0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1]", "expected object, got array"),
        ("{}", "x is missing"),
        ('{"x": "1"}', "x: expected int, got str"),
        ('{"x": -1}', "x: expected int >= 0"),
        ('{"x": 1, "names": [1]}', r"names\[0\]: expected str, got int"),
        ('{"x": 1, "size": 1' + "0" * 400 + "}", "out of range|too large"),
        ('{"x": ' + "1" * 5000 + "}", "not JSON|out of range|digits"),
        ('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ('{"x": 1, "names": ["\\ud800"]}', "half a character"),
        ("\x00", "not JSON"),
    ],
)
def test_values_that_do_not_match(text, problem):
    with pytest.raises(FormatError, match=problem):
        parse_json(text, Point)


def test_bytes_that_are_no_text():
    with pytest.raises(FormatError, match="not JSON"):
        parse_json(b"\xff\xfe", Point)


def test_numbers_that_are_not_finite_are_read():
    assert parse_json('{"x": 1, "size": Infinity}', Point).size == float("inf")


def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FormatError, match="not a regular file"):
        read_json(tmp_path / "pipe", Point)
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    with pytest.raises(FormatError, match="not a regular file"):
        read_json(tmp_path / "link", Point)


def test_a_folder_or_device_is_not_read(tmp_path):
    for path in (tmp_path, tmp_path.__class__("/dev/zero")):
        with pytest.raises(FormatError, match="not a regular file"):
            read_utf8(path)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none", Point)


def test_a_huge_file_is_not_read(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)  # sparse
    with pytest.raises(FormatError, match="more than the"):
        read_json(tmp_path / "huge", Point)


def test_a_byte_order_mark_is_no_text(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfsteps = 1")
    assert read_utf8(tmp_path / "a") == "steps = 1"


@dataclass
class Settings:
    steps: int
    pair: tuple[float, float] | None = None
    kind: Literal["a", "b"] = "a"

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps is {self.steps}. Give 1 or more.")


def test_dataclasses_are_filled():
    assert fill(Settings, {"steps": 3, "pair": [1, 2]}) == Settings(3, (1.0, 2.0))
    assert fill(Settings, json.loads('{"steps": 3, "kind": "b"}')).kind == "b"


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "steps is missing"),
        ({"steps": "3"}, "steps: expected int"),
        ({"steps": 3, "stepz": 1}, "unknown setting stepz; known settings: steps, pair"),
        ({"steps": 3, "pair": [1]}, "pair: expected array of length 2"),
        ({"steps": 3, "kind": "c"}, "kind is 'c'; use a, b"),
        ({"steps": 3, "kind": [1]}, r"kind is \[1\]; use a, b"),
        ({"steps": 0}, "steps is 0. Give 1 or more."),
        ([1], "not a table"),
        (None, "not a table"),
    ],
)
def test_tables_that_do_not_fit(table, problem):
    with pytest.raises(FormatError, match=problem):
        fill(Settings, table)
