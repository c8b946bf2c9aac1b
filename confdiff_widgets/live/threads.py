"""How the cores are shared between the sampler, whoever watches it, and the screen."""

from __future__ import annotations

import os

import torch
from threadpoolctl import threadpool_limits


def use_cores(count: int) -> None:
    """Let tensor operations of the calling thread, and of no other, use this many cores.

    OpenMP's threads wait for each other after every operation. Where they are as many as the
    cores, each moment that another thread or the browser takes holds all of them up: on two cores
    a watched run is faster with one.
    """
    torch.get_num_threads()  # sets this thread up, which would undo the limit later
    threadpool_limits(max(count, 1), user_api="openmp")


def enough_for_all() -> bool:
    """Whether there is a core each for the sampler, the screen and OpenMM."""
    return cores() > 2


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
