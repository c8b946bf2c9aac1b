"""The console: names with markup, terminals without Unicode, and closed streams."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = [sys.executable, "-c", "from confdiff_widgets.cli import app; app()"]
HOSTILE = "[/x] [red]:smile: \\"


def test_markup_in_names_is_printed_as_it_is(confdiff, refused):
    assert f"'{HOSTILE}'".replace("\\", "\\\\") in refused("sample", HOSTILE)
    result = confdiff(
        "sample", "chignolin", "-n", 2, "--steps", 1, "--seed", 1, "--out", "[x][red].pdb"
    )
    assert result.exit_code == 0, result.stderr
    assert "written: [x][red].pdb" in result.stdout


def test_markup_in_the_name_of_an_ensemble(confdiff, data_dir):
    file = data_dir / "chignolin_heavy.xtc"
    result = confdiff(
        "evaluate", f"[/x]a={file}", f"[/x]b={file}", "--protein", "chignolin", "--out", "e"
    )
    assert result.exit_code == 0, result.stderr
    assert "[/x]a" in result.stdout


def test_long_values_give_one_short_message(refused):
    for arguments in (
        ("sample", "a" * 300),
        ("sample", "chignolin", "--gamma", "1e308"),
        ("sample", "chignolin", "--seed", "9" * 50),
        ("sample", "chignolin", "--model", "m" * 300),
        ("sample", "A" * 5000),
        ("sweep", "chignolin", "--gamma", "1," * 3000 + "x"),
        ("evaluate", "x" * 300, "--protein", "chignolin"),
        ("evaluate", "x.pdb", "--protein", "chignolin", "--covered", "inf"),
        ("evaluate", "x.pdb", "--protein", "chignolin", "--n-states", "1000000"),
        ("evaluate", "x.pdb", "--protein", "chignolin", "--seed", "-1"),
    ):
        assert len(refused(*arguments)) < 500, arguments


@pytest.mark.parametrize("variables", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}])
def test_terminal_without_unicode(variables):
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", **variables}
    for arguments, words in (
        (["proteins"], b"reference"),
        (["sample", "chignolin", "--gamma", "11"], b"Error: "),
    ):
        done = subprocess.run([*MAIN, *arguments], capture_output=True, env=environment)
        assert b"Traceback" not in done.stderr
        assert words in done.stdout + done.stderr
    if variables.get("PYTHONIOENCODING") == "ascii":
        assert b"Error: gamma is 11.0. Give a number from -10 to 10." in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="POSIX streams")
@pytest.mark.parametrize("command", ["{} proteins | true", "{} proteins >&-", "{} proteins 2>&-"])
def test_closed_streams_are_no_traceback(command, tmp_path):
    script = tmp_path / "confdiff"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{MAIN[2]}" "$@"\n')
    script.chmod(0o700)
    errors = tmp_path / "errors"
    line = command.format(f'"{script}"')
    with Path(errors).open("wb") as file:
        subprocess.run(["sh", "-c", line], stdout=subprocess.DEVNULL, stderr=file, timeout=120)
    text = errors.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert "Exception ignored" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("arguments", "status"), [(["proteins"], 0), (["sample", "x"], 1)])
def test_an_interrupt_after_the_command_changes_neither_status_nor_messages(arguments, status):
    interrupt = "import atexit, os; atexit.register(os.kill, os.getpid(), 2); "
    command = [*MAIN[:2], interrupt + MAIN[2], *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == status
    assert "KeyboardInterrupt" not in done.stderr
