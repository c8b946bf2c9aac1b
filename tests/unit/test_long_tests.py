"""The tests of `make test` and `make test-long` together are all tests, and none is in both."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

COLLECT = """
import json, sys, pytest

class Plugin:
    def pytest_collection_finish(self, session):
        marks = {item.nodeid: [mark.name for mark in item.iter_markers()] for item in session.items}
        json.dump(marks, open(sys.argv[1], "w"))

pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *sys.argv[2:]], plugins=[Plugin()])
"""


@pytest.fixture(scope="module")
def marks(tmp_path_factory) -> dict[str, set[str]]:
    """The markers of the tests outside of tests/unit."""
    found = tmp_path_factory.mktemp("marks") / "marks.json"
    folders = [str(TESTS / name) for name in ("browser", "kill", "notebooks", "fuzz", "packaging")]
    command = [sys.executable, "-c", COLLECT, str(found), *folders]
    subprocess.run(command, capture_output=True, check=True, cwd=TESTS.parent)
    return {test: set(names) for test, names in json.loads(found.read_text()).items()}


def long_browser_tests() -> dict[str, set[str]]:
    tree = ast.parse((TESTS / "browser" / "conftest.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LONG":
            return ast.literal_eval(node.value)
    raise AssertionError("tests/browser/conftest.py has no LONG")


@pytest.mark.slow
def test_every_listed_browser_test_exists_and_is_long(marks):
    for file, names in long_browser_tests().items():
        for name in names:
            start = f"tests/browser/{file}::{name}"
            mine = [test for test in marks if test == start or test.startswith(f"{start}[")]
            assert mine and all("long" in marks[test] for test in mine), start


@pytest.mark.slow
def test_some_of_each_kind_are_in_both_commands(marks):
    """`make test` takes all tests without the marker, `make test-long` those with it."""
    for folder in ("kill", "notebooks", "browser"):
        mine = [test for test in marks if test.startswith(f"tests/{folder}/")]
        assert {"long" in marks[test] for test in mine} == {True, False}, folder
    for test, names in marks.items():
        assert ("browser" in names) == test.startswith("tests/browser/")
        assert "long" not in names or names & {"slow", "browser"}, test


def test_the_makefile_selects_every_test_once():
    text = (TESTS.parent / "Makefile").read_text(encoding="utf-8")
    for marker in ("not slow and not browser", "slow and not browser", "browser"):
        assert f"-m '{marker} and not long'" in text
    assert "-m long" in text
