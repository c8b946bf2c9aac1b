"""Memory that nothing uses any more, and that the process would keep all the same."""

from __future__ import annotations

import ctypes
from collections.abc import Callable


def _find_trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library than glibc
        return None
    return found


_trim = _find_trim()


def give_memory_back() -> None:
    """Return to the system what threads have freed.

    glibc keeps a pool for each thread, as large as its largest moment: after some runs of a small
    protein these pools hold 200 MB that nobody uses. Other C libraries need no asking.
    """
    if _trim is not None:
        _trim(0)
