"""Workers and schedulers that die during a sweep: no cell is lost or counted twice."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from confdiff_widgets.sweep import (
    ClusterUnreachableError,
    SweepStoppedError,
    Tally,
    connect,
    local_cluster,
    run_sweep,
)

from .conftest import by_seed, computed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
]


def test_killed_workers_are_replaced(store, compute, marks):
    cells, seen, killed = by_seed(12), [], []

    with local_cluster(2) as client:

        def watch(stored):
            seen.append(stored.cell.config.seed)
            if len(seen) == 3:
                busy = {name: info["pid"] for name, info in client.run(_about).items()}
                killed.extend(busy.values())
                os.kill(killed[0], signal.SIGKILL)

        assert run_sweep(cells, store, compute(seconds=0.3), client, watch) == Tally(12, 0, 12, 0)
        deadline = time.monotonic() + 60
        while len(client.scheduler_info()["workers"]) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert killed[0] not in {info["pid"] for info in client.run(_about).values()}
    assert sorted(seen) == list(range(12))  # each reported once
    again = computed(marks)
    assert set(again) == set(range(12))
    assert len(again) <= 12 + 2  # at most the cells of the killed worker
    assert sorted(s.metrics["seed_squared"] for s in store.cells()) == [i**2 for i in range(12)]


def _about() -> dict[str, int]:
    return {"pid": os.getpid()}


def test_only_the_cell_that_kills_workers_fails(store, marks):
    folder = str(marks)

    def compute(cell):
        if cell.config.seed == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        from confdiff_widgets.sweep import CellResult

        with open(os.path.join(folder, f"{cell.config.seed}-{time.time_ns()}"), "w"):
            return CellResult(None, {"x": 1.0})

    cells = by_seed(4)
    with local_cluster(1) as client:
        assert run_sweep(cells, store, compute, client) == Tally(4, 0, 3, 1)
    assert "worker process died" in store.load(cells[1][0]).reason
    assert set(computed(marks)) == {0, 2, 3}


@pytest.fixture
def remote():
    """A scheduler and a worker process; yields the address and the scheduler."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    port = address.rpartition(":")[2]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    options = ["--port", port, "--host", "127.0.0.1", "--no-dashboard"]
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", *options], **quiet
    )
    options = [address, "--nthreads", "1", "--no-dashboard", "--death-timeout", "60"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", *options], **quiet
    )
    deadline = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(port))) == 0:
                break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield address, scheduler
    for process in (worker, scheduler):
        process.terminate()
    for process in (worker, scheduler):
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def test_sweeps_resume_after_a_killed_scheduler(store, compute, marks, remote):
    cells, seen = by_seed(8), []
    address, scheduler = remote

    def watch(stored):
        seen.append(stored.cell.config.seed)
        if len(seen) == 3:
            scheduler.send_signal(signal.SIGKILL)

    with (
        pytest.raises(SweepStoppedError, match=r"of 8 cells are stored. Run the sweep again"),
        connect(address) as client,
    ):
        run_sweep(cells, store, compute(seconds=0.2), client, watch)
    kept = {stored.cell.config.seed for stored in store.cells()}
    assert set(seen) == kept
    assert 3 <= len(kept) < 8

    with local_cluster(1) as client:
        tally = run_sweep(cells, store, compute(), client)
    assert tally == Tally(8, len(kept), 8 - len(kept), 0)
    assert all(computed(marks).count(seed) == 1 for seed in kept)
    assert len(store.cells()) == 8


def test_unreachable_schedulers_are_refused(monkeypatch):
    monkeypatch.setattr("confdiff_widgets.sweep.cluster.CONNECT_TIMEOUT", 0.5)
    with (
        pytest.raises(ClusterUnreachableError, match="dask scheduler"),
        connect("tcp://127.0.0.1:9"),
    ):
        pass
