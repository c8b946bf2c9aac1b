"""Wait for the work of another thread."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMEOUT = 20
"""Seconds after which a test fails."""


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until ``condition()`` is true; fail after `TIMEOUT`."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
