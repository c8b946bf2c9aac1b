"""Energy pool: streaming, cancelling, broken conformers, dying workers, no orphan processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
import psutil
import pytest

from confdiff_widgets.errors import SettingsError, UserError
from confdiff_widgets.physics import EnergyConfig, EnergyPool, EnergyResult, PhysicsError
from confdiff_widgets.physics import pool as pool_module
from confdiff_widgets.physics.pool import default_workers

from ..waiting import wait_for

CHIGNOLIN = "YYDPETGTWY"
RAW = EnergyConfig(platform="CPU", minimise=False)


class Collector:
    """A pool whose results are collected in a queue."""

    def __init__(self, config: EnergyConfig = RAW, workers: int = 2):
        self.results: SimpleQueue[EnergyResult] = SimpleQueue()
        self.pool = EnergyPool(CHIGNOLIN, config, on_result=self.results.put, workers=workers)

    def take(self, count: int) -> dict[object, EnergyResult]:
        results = [self.results.get(timeout=120) for _ in range(count)]
        return {result.key: result for result in results}


@pytest.fixture(scope="module")
def shared() -> Iterator[Collector]:
    """Return a pool of two workers that computes raw energies."""
    collector = Collector()
    with collector.pool:
        yield collector


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if "spawn_main" in " ".join(child.cmdline())]


def ended(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=20)[1]


def test_urgent_conformers_overtake_and_others_can_be_removed(conformers):
    finished = []
    with EnergyPool(
        CHIGNOLIN, RAW, on_result=lambda result: finished.append(result.key), workers=1
    ) as pool:
        pool.submit(conformers[:4], ["a1", "a2", "a3", "a4"])
        pool.submit(conformers[:2], ["b1", "b2"], first=True)
        assert pool.cancel(lambda key: key == "a3") == ["a3"]
        wait_for(lambda: len(finished) == 5)
    order = [key for key in finished if key != "a1"]  # which may have been taken at once
    assert order == ["b1", "b2", "a2", "a4"]


def test_workers_can_start_before_the_first_conformer():
    with EnergyPool(CHIGNOLIN, RAW, on_result=print, workers=1) as pool:
        pool.start()
        wait_for(lambda: pool._feeders[0]._process is not None)
        pool.start()
        assert len(pool._feeders) == 1 and pool.pending == 0


def test_results_equal_those_of_this_process(shared, conformers, evaluator):
    shared.pool.submit(conformers[:8], [("run", i) for i in range(8)])
    found = shared.take(8)
    alone = evaluator(minimise=False, platform="CPU")
    for i in range(8):
        here, there = alone(i, conformers[i]), found["run", i]
        assert there.energy == pytest.approx(here.energy, abs=0.01)
        np.testing.assert_allclose(there.ca_forces, here.ca_forces, atol=0.01)
    assert shared.pool.pending == 0


def test_submit_returns_at_once_and_copies(shared, conformers):
    mine = conformers[:6].copy()
    start = time.perf_counter()
    shared.pool.submit(mine, range(6))
    assert time.perf_counter() - start < 0.2
    mine[:] = np.nan
    assert all(result.reason is None for result in shared.take(6).values())


def test_broken_conformers_are_reported_and_others_computed(shared, conformers):
    mixed = conformers[:5].copy()
    mixed[1, 3, 2, 0] = np.nan
    mixed[3] = 0
    shared.pool.submit(mixed, range(5))
    found = shared.take(5)
    for i, result in found.items():
        assert (result.reason is not None) == (i in (1, 3))
        assert np.isnan(result.energy) == (i in (1, 3))
    assert "not finite" in found[1].reason


def test_cancel_empties_the_queue_at_once(shared, conformers):
    many = np.tile(conformers, (20, 1, 1, 1))
    shared.pool.submit(many, range(len(many)))
    start = time.perf_counter()
    shared.pool.cancel()
    assert time.perf_counter() - start < 0.1
    assert shared.pool.pending <= shared.pool.workers
    while shared.pool.pending:
        time.sleep(0.01)
    time.sleep(0.05)  # `pending` falls before the callback is called
    delivered = 0
    with pytest.raises(Empty):
        while True:
            shared.results.get_nowait()
            delivered += 1
    assert delivered < len(many) / 2
    shared.pool.submit(conformers[:1], ["after"])
    assert "after" in shared.take(1)


def test_no_result_is_lost_when_workers_are_killed(shared, conformers):
    shared.pool.submit(np.tile(conformers[:10], (6, 1, 1, 1)), range(60))
    found = shared.take(5)
    for worker in workers_of(psutil.Process()):
        worker.kill()
    found |= shared.take(55)
    assert sorted(found) == list(range(60))
    assert all(np.isfinite(result.energy) for result in found.values())


def test_a_conformer_that_ends_every_worker_is_reported(conformers, monkeypatch):
    monkeypatch.setattr(pool_module, "run_worker", os._exit)  # called with the wrong arguments
    collector = Collector(workers=1)
    with collector.pool:
        collector.pool.submit(conformers[:2], "ab")
        for result in collector.take(2).values():
            assert np.isnan(result.energy)
            assert result.ca_forces.shape == (10, 3)
            assert "died (exit code 1)" in result.reason


def test_workers_start_with_the_first_conformer_and_end_on_close(conformers):
    before = {worker.pid for worker in workers_of(psutil.Process())}
    collector = Collector(EnergyConfig(platform="CPU"), workers=1)

    def mine() -> list[psutil.Process]:
        return [w for w in workers_of(psutil.Process()) if w.pid not in before]

    assert not mine()
    collector.pool.submit(conformers, range(22))
    collector.take(1)
    started = mine()
    assert len(started) == 1
    start = time.perf_counter()
    collector.pool.close()
    assert time.perf_counter() - start < 0.5
    assert ended(started)
    assert collector.results.empty()
    with pytest.raises(PhysicsError, match="closed"):
        collector.pool.submit(conformers, range(22))


SCRIPT = """
import sys, time
import numpy as np
from confdiff_widgets.physics import EnergyPool
if __name__ == "__main__":
    pool = EnergyPool("YYDPETGTWY", on_result=lambda r: print("result", flush=True), workers=1)
    pool.submit(np.tile(np.load(sys.argv[1]), (100, 1, 1, 1)), range(2200))
    sys.stdin.readline()  # returns when the test closes it
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", ["exit", "kill"])
def test_workers_end_with_their_parent(conformers, tmp_path, end):
    script, data = tmp_path / "script.py", tmp_path / "conformers.npy"
    script.write_text(SCRIPT)
    np.save(data, conformers)
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, str(script), str(data)]
    with subprocess.Popen(command, text=True, **pipes, cwd=Path.cwd()) as parent:
        assert parent.stdout.readline() == "result\n"
        workers = workers_of(psutil.Process(parent.pid))
        assert len(workers) == 1
        if end == "exit":
            parent.stdin.write("\n")
            parent.stdin.flush()
            assert parent.wait(timeout=20) == 0
            assert parent.stderr.read() == ""
        else:
            parent.kill()
        assert ended(workers)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("seconds", [0.15, 0.5])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_workers_that_lose_their_parent_while_they_start_are_silent(
    conformers, tmp_path, name, seconds
):
    """Seconds of the processor that the worker has used, while it imports its modules."""
    script, data = tmp_path / "script.py", tmp_path / "conformers.npy"
    script.write_text(SCRIPT.replace("pool =", "sys.excepthook = lambda *error: None; pool ="))
    np.save(data, conformers)
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, str(script), str(data)]
    with subprocess.Popen(
        command, text=True, **pipes, cwd=Path.cwd(), start_new_session=True
    ) as parent:
        while not (workers := workers_of(psutil.Process(parent.pid))):
            time.sleep(0.005)
        while sum(workers[0].cpu_times()[:2]) < seconds:
            time.sleep(0.005)
        if name == "SIGINT":  # as Ctrl-C in a terminal
            os.killpg(parent.pid, signal.SIGINT)
        else:
            parent.send_signal(getattr(signal, name))
        assert parent.stderr.read() == ""
        assert ended(workers)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_workers_ignore_an_interrupt(shared, conformers):
    shared.pool.submit(conformers[:1], ["first"])
    shared.take(1)
    before = workers_of(psutil.Process())
    for worker in before:
        worker.send_signal(signal.SIGINT)
    shared.pool.submit(conformers[:6], range(6))
    shared.take(6)
    assert workers_of(psutil.Process()) == before


def test_invalid_input_is_rejected(shared, conformers):
    with pytest.raises(PhysicsError, match=r"\(22, 10, 14, 3\) instead of \(3, 10, 14, 3\)"):
        shared.pool.submit(conformers, range(3))
    with pytest.raises(UserError, match="'X' at position 2"):
        EnergyPool("YXY", on_result=print)
    with pytest.raises(SettingsError, match="0 workers"):
        EnergyPool("YYY", on_result=print, workers=0)
    with pytest.raises(SettingsError, match="Unknown platform 'GPU'"):
        EnergyPool("YYY", EnergyConfig(platform="GPU"), on_result=print)


def test_a_missing_force_field_is_reported(conformers):
    collector = Collector(EnergyConfig(platform="CPU", force_field=("nowhere.xml",)), workers=1)
    with collector.pool:
        collector.pool.submit(conformers[:1], ["a"])
        assert "nowhere.xml" in collector.take(1)["a"].reason


UNGUARDED = """
import numpy as np
from queue import SimpleQueue
from confdiff_widgets.physics import EnergyPool

received = SimpleQueue()
with EnergyPool("AAAA", on_result=received.put, workers=1) as pool:
    pool.submit(np.zeros((1, 4, 14, 3)), ["only"])
    print(received.get(timeout=100).reason)
"""


@pytest.mark.slow
def test_a_script_without_a_main_guard_gets_an_error_and_does_not_hang(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=True
    )
    assert 'if __name__ == "__main__":' in done.stderr
    assert "its worker process died" in done.stdout


def test_default_workers_are_one_on_a_gpu_and_all_cores_but_one_on_a_cpu(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert [default_workers(name) for name in ("CUDA", "OpenCL", "CPU")] == [1, 1, 5]
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert default_workers("CPU") == 1


def test_an_unexpected_error_is_the_reason_and_no_endless_wait(conformers, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(pool_module, "make_molecule", fail)
    collector = Collector(workers=1)
    with collector.pool:
        collector.pool.submit(conformers[:2], "ab")
        reasons = {result.reason for result in collector.take(2).values()}
    assert reasons == {"internal error (ZeroDivisionError: by zero)"}


def test_a_worker_that_cannot_be_started_is_the_reason(conformers, monkeypatch):
    def fail(*_):
        raise OSError("Resource temporarily unavailable")

    monkeypatch.setattr(pool_module.multiprocessing.get_context("spawn").Process, "start", fail)
    collector = Collector(workers=1)
    with collector.pool:
        collector.pool.submit(conformers[:2], "ab")
        reasons = {result.reason for result in collector.take(2).values()}
    assert reasons == {"no worker process can be started (Resource temporarily unavailable)"}


def test_the_pool_survives_a_callback_that_raises(conformers, caplog):
    received: SimpleQueue[object] = SimpleQueue()

    def on_result(result):
        received.put(result.key)
        raise AttributeError("gone")

    with EnergyPool(CHIGNOLIN, RAW, on_result=on_result, workers=1) as pool:
        pool.submit(conformers[:2], ["first", "second"])
        assert [received.get(timeout=120) for _ in range(2)] == ["first", "second"]
    assert "callback of an energy failed" in caplog.text
