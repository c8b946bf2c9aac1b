"""Fixtures: seeded cases in a limited time, and a session with tiny networks."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator

import pytest

from ..unit.conftest import cache, tiny_cfg, tiny_network
from ..unit.sessions import make_session, system

__all__ = ["cache", "make_session", "system", "tiny_cfg", "tiny_network"]

SECONDS = float(os.environ.get("CONFDIFF_FUZZ_SECONDS", "8"))
"""Time of a test, unless the number of its cases is given; `make test-long` takes 60 s."""

CASES = 10_000
"""Most cases in this time, so that a fast machine tries no case that was never tried before."""

LONGEST_CASE = 30.0
"""Seconds after which a case counts as hanging; the machine may be busy."""

SEED = int(os.environ.get("CONFDIFF_FUZZ_SEED", "14"))


@pytest.fixture
def fuzz() -> Callable[[Callable[[random.Random], None]], None]:
    """Return a function that tries random cases.

    ``CONFDIFF_FUZZ=5000`` tries 5000 cases in each test, whatever time they take, and
    ``CONFDIFF_FUZZ_SEED`` chooses other ones.
    """

    def cases() -> Iterator[int]:
        count = os.environ.get("CONFDIFF_FUZZ")
        if count is not None:
            yield from range(int(count))
            return
        started, case = time.monotonic(), 0
        while time.monotonic() - started < SECONDS and case < CASES:
            yield case
            case += 1

    def run(attempt: Callable[[random.Random], None]) -> None:
        for case in cases():
            started = time.monotonic()
            try:
                attempt(random.Random(f"{SEED}-{case}"))
            except Exception as error:
                raise AssertionError(f"case {case} of seed {SEED}: {error!r:.300}") from error
            took = time.monotonic() - started
            assert took < LONGEST_CASE, f"case {case} of seed {SEED} took {took:.0f} s"

    return run
