"""Local worker processes and connections to a Dask scheduler."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import psutil
import torch

from ..errors import UserError
from ..ranges import Range

if TYPE_CHECKING:
    from distributed import Client


SETTINGS = {
    # A worker receives one cell at a time: Dask blames all cells of a worker that dies.
    "distributed.scheduler.worker-saturation": 1.0,
    # Dask makes workers return freed memory at once, which doubles the time of an evaluation.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}

WORKERS_PER_CORE = 4
"""Largest number of local workers for each core; more only compete for the cores."""

TITLES = {"distributed": "dask.distributed"}
"""Packages that are known by another name."""

CONNECT_TIMEOUT = 10
"""Seconds to wait for a scheduler."""


class SweepMissingError(UserError):
    """The cluster extra is not installed."""


class ClusterUnreachableError(UserError, OSError):
    """A scheduler does not answer."""


def check_packages() -> None:
    """Check before a sweep that the packages of the cluster extra are installed.

    Raises
    ------
    SweepMissingError
        If dask.distributed, pyarrow or cryptography is missing.
    """
    for package in ("distributed", "pyarrow", "cryptography"):
        try:
            import_module(package)
        except ImportError as error:
            title = TITLES.get(package, package)
            raise SweepMissingError(
                f"Sweeps need {title}, which is not installed. Install it with: "
                "pip install 'confdiff-widgets[cluster]'"
            ) from error


def default_workers() -> int:
    """Return the number of GPUs, or of cores without a GPU."""
    return torch.cuda.device_count() or psutil.cpu_count(logical=False) or psutil.cpu_count() or 1


def check_workers(workers: int) -> int:
    """Return a number of workers that this machine can run.

    Raises
    ------
    SettingsError
    """
    cores = psutil.cpu_count() or 1
    most = max(WORKERS_PER_CORE * cores, torch.cuda.device_count())
    allowed = Range(1, most, whole=True)
    return int(allowed.check(workers, f"The number of workers on {cores} cores"))


@contextmanager
def local_cluster(workers: int | None = None) -> Iterator[Client]:
    """Start worker processes on this machine and stop them at the end of the ``with`` block.

    Each worker is a single-threaded process that computes one cell at a time; a process that dies
    is replaced. Scheduler and workers accept only processes with the certificates of this cluster,
    which are new in each one and never written where others can read them: whoever reaches a
    scheduler can run code as its owner, and other users of the machine reach 127.0.0.1. The
    dashboard shows the progress to them, but accepts no commands. A script needs the guard
    ``if __name__ == "__main__":``, as with Python's multiprocessing.

    Parameters
    ----------
    workers : int, optional
        Number of processes. Default: one per GPU, otherwise one per core.

    Yields
    ------
    Client

    Raises
    ------
    SweepMissingError
        If dask.distributed or pyarrow is not installed.
    SettingsError
        If ``workers`` is outside the range of this machine.
    """
    count = default_workers() if workers is None else check_workers(workers)
    check_packages()
    import dask
    import distributed

    with (
        dask.config.set(SETTINGS),
        distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            security=True,  # TLS with temporary certificates
            silence_logs=logging.CRITICAL,
            preload=[f"{__package__}.ignore_sigint"],
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def unencrypted_notice(address: str) -> str:
    """Return a warning about a scheduler without TLS; empty for one with TLS."""
    if address.startswith(("tls://", "wss://")):
        return ""
    return (
        f"The scheduler at {address} uses no TLS: whoever reaches it, over the network or as "
        "another user of a machine, can run code as the owner of its workers and as you. Use it "
        "only where you trust all of them, or start it with certificates and give tls://HOST:PORT."
    )


@contextmanager
def connect(address: str) -> Iterator[Client]:
    """Connect to a running scheduler, whose workers need this package and access to the files.

    Parameters
    ----------
    address : str
        Such as ``tls://HOST:8786``, with the certificates in the configuration of Dask
        (``distributed.comm.tls``). A scheduler without TLS (``tcp://``) is open to whoever
        reaches it, see `unencrypted_notice`.

    Yields
    ------
    Client

    Raises
    ------
    SweepMissingError
        If dask.distributed or pyarrow is not installed.
    ClusterUnreachableError
        If no scheduler answers.
    """
    check_packages()
    import dask
    import distributed

    if address.startswith("tls://") and dask.config.get("distributed.comm.tls.ca-file") is None:
        raise ClusterUnreachableError(
            f"The scheduler at {address} is encrypted. Give its certificates in the configuration "
            "of Dask (distributed.comm.tls)."
        )
    try:
        client = distributed.Client(address, timeout=CONNECT_TIMEOUT)
    except (OSError, ValueError) as error:
        raise ClusterUnreachableError(
            f"No Dask scheduler answers at {address}: {error}. Start one with `dask scheduler` and "
            "workers with `dask worker ADDRESS`."
        ) from error
    with client:
        yield client


def worker_device() -> str:
    """Return the device of the present worker; workers share the GPUs of a machine in turn."""
    gpus = torch.cuda.device_count()
    if not gpus:
        return "cpu"
    from distributed import get_worker

    try:
        name = get_worker().name
    except ValueError:  # not in a worker
        return "cuda:0"
    return f"cuda:{name % gpus}" if isinstance(name, int) else "cuda:0"
