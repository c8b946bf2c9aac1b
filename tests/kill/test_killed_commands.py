"""Commands that are killed at random moments resume to the result of an uninterrupted run."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from .commands import COMMANDS, RECIPE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
]

KILLS = int(os.environ.get("CONFDIFF_KILLS", "2"))
"""Kills of each command, before it is run to its end."""

SIGNALS = {"SIGINT": 130, "SIGTERM": -signal.SIGTERM, "SIGKILL": -signal.SIGKILL}
"""Signals and the exit status of a command that they end."""

MAIN = "from confdiff_widgets.cli import app; app()"

SPREAD = 3.0
"""Seconds after the begin of the work, or after its next result, within which a kill comes."""


class Killable:
    """A command in its own process group and folder."""

    def __init__(self, name: str, folder: Path):
        self.command, self.folder = COMMANDS[name], folder
        folder.mkdir(exist_ok=True)
        (folder / "recipe.toml").write_text(RECIPE)

    def start(self) -> subprocess.Popen[str]:
        root = Path(__file__).parents[2]
        path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, *self.command.arguments.split()],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path, "CONFDIFF_CACHE": str(self.folder / "cache")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def finish(self) -> dict:
        process = self.start()
        _, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors
        return self.command.results(self.folder)

    def kill(self, number: int, delay: float) -> tuple[int, str]:
        """Kill the command after its next progress and a delay; return its status and errors."""
        before = self.command.progress(self.folder)
        process = self.start()
        deadline = time.monotonic() + 300
        while process.poll() is None and self.command.progress(self.folder) == before != 1:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            if number == signal.SIGINT:  # Ctrl-C reaches all processes of a terminal
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        try:
            _, errors = process.communicate(timeout=120)
        finally:
            _end_group(process.pid)
        return process.returncode, errors


def _end_group(group: int) -> None:
    """End the worker processes that a killed command left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Return a function that gives the results of a command that nothing interrupts."""
    known: dict[str, dict] = {}

    def run(name: str) -> dict:
        if name not in known:
            known[name] = Killable(name, tmp_path_factory.mktemp(name) / "run").finish()
        return known[name]

    return run


def assert_equal(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys() and expected
    for name, value in expected.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(found[name], value, err_msg=name)
        else:
            assert found[name] == value, name


SHORT = {("label", "SIGTERM"), ("train", "SIGKILL")}
"""Commands and signals of `make test`; `make test-long` runs the others."""

CASES = [
    pytest.param(name, number, marks=() if (name, number) in SHORT else pytest.mark.long)
    for name in COMMANDS
    for number in SIGNALS
]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_killed_command_resumes_to_the_same_result(name, number, uninterrupted, tmp_path):
    draw = random.Random(f"{name} {number}")
    killable = Killable(name, tmp_path / "run")
    for _ in range(KILLS):
        delay = draw.uniform(0, 3 * SPREAD if name == "sample" else SPREAD)
        status, errors = killable.kill(getattr(signal, number), delay)
        assert status in (SIGNALS[number], 0), errors
        if number != "SIGKILL":  # workers that lose their parent may print one
            assert "Traceback" not in errors
        partial = killable.command.results(killable.folder)
        if name in ("sample", "label"):
            assert not partial or partial.keys() == uninterrupted(name).keys()
    assert_equal(killable.finish(), uninterrupted(name))
