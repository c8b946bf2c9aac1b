"""Where a sweep runs when nobody brings a cluster: worker processes on this machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

import psutil
import torch

from ..errors import SettingsError, UserError

if TYPE_CHECKING:
    from distributed import Client


SETTINGS = {
    # A worker holds the one cell that it computes: more would be under suspicion when it dies.
    "distributed.scheduler.worker-saturation": 1.0,
    # dask has workers return freed memory at once, which takes networks twice the time.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}

PATIENCE = 10
"""Seconds for a scheduler to answer."""


class SweepMissingError(UserError):
    """The cluster extra is not installed."""


class ClusterUnreachableError(UserError, OSError):
    """A scheduler that does not answer."""


def default_workers() -> int:
    """One worker for each GPU, or without one for each core."""
    return torch.cuda.device_count() or psutil.cpu_count(logical=False) or psutil.cpu_count() or 1


@contextmanager
def local_cluster(workers: int | None = None) -> Iterator[Client]:
    """A client of worker processes on this machine, which end with the block.

    Each worker is one process of one thread that computes one cell at a time; a process that dies
    is replaced. Scheduler and dashboard listen on 127.0.0.1 alone. A script that uses it needs the
    guard ``if __name__ == "__main__":``, as for all of Python's multiprocessing.

    Parameters
    ----------
    workers : int, optional
        Default: one for each GPU, or without one for each core.

    Raises
    ------
    SweepMissingError
        If dask.distributed is not installed.
    SettingsError
        For less than one worker.
    """
    count = default_workers() if workers is None else workers
    if count < 1:
        raise SettingsError(f"{count} workers compute nothing: give 1 or more.")
    distributed = _distributed()
    import dask

    with (
        dask.config.set(SETTINGS),
        distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            preload=[f"{__package__}.ignore_sigint"],
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@contextmanager
def connect(address: str) -> Iterator[Client]:
    """A client of a scheduler that runs elsewhere; its workers need this package, and its files.

    Raises
    ------
    SweepMissingError
        If dask.distributed is not installed.
    ClusterUnreachableError
        If no scheduler answers.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ClusterUnreachableError(
            f"No dask scheduler answers at {address}: {error}. Start one with `dask scheduler`, "
            "and workers with `dask worker ADDRESS`."
        ) from error
    with client:
        yield client


def worker_device() -> str:
    """The device of the worker that this runs in: the GPUs of a machine go round its workers."""
    gpus = torch.cuda.device_count()
    if not gpus:
        return "cpu"
    from distributed import get_worker

    try:
        name = get_worker().name
    except ValueError:  # in no worker
        return "cuda:0"
    return f"cuda:{name % gpus}" if isinstance(name, int) else "cuda:0"


def _distributed() -> ModuleType:
    try:
        import distributed
    except ImportError as error:
        raise SweepMissingError(
            "Sweeps need dask.distributed: pip install 'confdiff-widgets[cluster]'"
        ) from error
    return distributed
