"""Programs that measure the package of another checkout, in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def environment(checkout: Path, threads: int = 1) -> dict[str, str]:
    """Return environment variables with which Python imports the package of a checkout."""
    counts = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "MKL", "OPENBLAS")}
    return {**os.environ, **counts, "PYTHONPATH": str(checkout)}


class Probe:
    """A process that answers each line of JSON with one, with the package of a checkout.

    Parameters
    ----------
    checkout : Path
    program : str
        Python code that first prints the path of the imported package.
    threads : int
        Also the argument of the program.

    Raises
    ------
    SystemExit
        If Python imports the package of another checkout, or the process ends.
    """

    def __init__(self, checkout: Path, program: str, threads: int = 1):
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, str(threads)],
            env=environment(checkout, threads),
            cwd=checkout,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        imported = self._read()
        if not Path(imported).is_relative_to(checkout):
            raise SystemExit(f"Python imports {imported} instead of the package in {checkout}.")

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait()

    def __call__(self, *request: Any) -> list[float]:
        """Return the numbers that the program measures for a request."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("The measuring process ended. Its error is printed above.")
        return line.strip()
