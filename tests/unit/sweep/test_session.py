"""Sweep sessions: start, cancel, resume and report, with workers in this process."""

from __future__ import annotations

import sys

import pytest
from distributed import Client, LocalCluster

from confdiff_widgets.sweep import grid
from confdiff_widgets.sweep.job import SweepJob
from confdiff_widgets.sweep.session import SweepSession, SweepStatus


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def make(client, tmp_path):
    def make(seeds: int, **settings) -> SweepSession:
        cells = grid(["chignolin"], axes={"seed": range(seeds)}, samples=2, steps=2, **settings)
        job = SweepJob(energies=0, device="cpu")
        return SweepSession(cells, job, tmp_path / "sweep", client=client)

    return make


def test_run_to_the_end(make):
    session, reported = make(3), []
    session.listen(lambda: reported.append((session.status, len(session.rows))))
    assert session.status is SweepStatus.READY
    session.start()
    session.start()  # no effect while running
    assert session.wait(120)
    assert (session.status, session.notice) == (SweepStatus.FINISHED, "")
    assert [rows for status, rows in reported if status is SweepStatus.RUNNING] == [0, 1, 2, 3]
    assert reported[-1] == (SweepStatus.FINISHED, 3)
    assert (session.store.folder / "table.csv").is_file()


def test_cancelled_sweeps_are_reopened_and_resumed(make, client):
    session = make(12)
    session.listen(lambda: session.cancel() if len(session.rows) == 3 else None)
    session.start()
    assert session.wait(120)
    assert session.status is SweepStatus.STOPPED
    done = len(session.rows)
    assert 3 <= done < 12

    again = SweepSession.open(session.store.folder, client=client)
    assert again.cells == session.cells
    assert len(again.rows) == done
    assert again.status is SweepStatus.READY
    assert again.seconds_left is None
    fresh = []
    again.listen(lambda: fresh.append(again.seconds_left))
    again.start()
    assert again.wait(240)
    assert again.status is SweepStatus.FINISHED
    assert len(again.rows) == 12
    assert any(left is not None and left > 0 for left in fresh)
    assert SweepSession.open(session.store.folder).status is SweepStatus.FINISHED


def test_failed_cells_are_reported_and_computed_again(make, monkeypatch):
    session = make(2)
    monkeypatch.setattr(
        "confdiff_widgets.sweep.job.evaluate_cell",
        lambda *_: (_ for _ in ()).throw(ValueError("no")),
    )
    session.start()
    assert session.wait(120)
    assert "2 cells failed" in session.notice
    assert {row.reason for row in session.rows.values()} == {"ValueError: no"}
    monkeypatch.undo()
    session.start()
    assert session.wait(120)
    assert session.notice == ""
    assert not any(row.reason for row in session.rows.values())


def test_missing_packages_end_the_sweep_before_a_cell(make, monkeypatch):
    session = make(2)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    session.start()
    assert session.wait(60)
    assert session.status is SweepStatus.FAILED
    assert "pyarrow, which is not installed" in session.notice
    assert not session.rows


def test_unwritable_folders_end_the_sweep(make, monkeypatch):
    session = make(2)
    monkeypatch.setattr(
        "os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    session.start()
    assert session.wait(120)
    assert session.status is SweepStatus.FAILED
    assert "No space left" in session.notice
