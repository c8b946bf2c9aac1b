"""Share cores and memory between the sampler, its observers and the display."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

import torch
from threadpoolctl import threadpool_limits


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_spare_cores() -> bool:
    """Return whether the sampler, the display and OpenMM can have one core each."""
    return available_cores() > 2


def limit_openmp_threads(count: int) -> None:
    """Limit the OpenMP threads that tensor operations of the calling thread use.

    OpenMP threads wait for each other after every operation. If there are as many of them as
    cores, any other thread or the browser delays them all: on two cores, a run that is displayed
    is faster with one thread.
    """
    torch.get_num_threads()  # initialises this thread; done later, it would undo the limit
    threadpool_limits(max(count, 1), user_api="openmp")


def return_freed_memory() -> None:
    """Return freed memory to the operating system.

    glibc keeps one pool of freed memory for each thread. After a few runs of a small protein these
    pools can hold 200 MB. Does nothing with other C libraries, which return it by themselves.
    """
    if _malloc_trim is not None:
        _malloc_trim(0)


def _find_malloc_trim() -> Callable[[int], int] | None:
    try:
        function: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # not glibc
        return None
    return function


_malloc_trim = _find_malloc_trim()
