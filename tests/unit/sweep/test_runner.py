import dataclasses
import threading
import time

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.sampling.memory import MemoryLimitError
from confdiff_widgets.sweep import SweepRun, SweepStore, SweepStoreError, Tally, run_sweep

from .conftest import by_seed, computed


def test_cells_are_stored_as_they_arrive(client, store, compute, marks):
    cells, seen = by_seed(5), []

    def watch(stored):
        assert store.load(stored.key).metrics == stored.metrics  # already stored
        seen.append(stored.cell.config.seed)

    assert run_sweep(cells, store, compute(), client, watch) == Tally(5, 0, 5, 0)
    assert sorted(seen) == computed(marks) == [0, 1, 2, 3, 4]
    assert {s.metrics["seed_squared"] for s in store.cells()} == {0, 1, 4, 9, 16}
    assert len(store.ensemble(cells[3][0])) == 2


def test_stored_cells_are_not_computed_again(client, store, compute, marks):
    cells = by_seed(4)
    run_sweep(cells[:2], store, compute(), client)
    seen = []
    tally = run_sweep([*cells, *cells], SweepStore(store.folder), compute(), client, seen.append)
    assert tally == Tally(total=4, found=2, computed=2, failed=0)
    assert computed(marks) == [0, 1, 2, 3]
    assert len(seen) == 4
    assert run_sweep(cells, store, compute(), client) == Tally(4, 4, 0, 0)


def test_failed_cells_have_a_reason_and_are_computed_again(client, store, compute, marks):
    failing = {
        1: SettingsError("γ is 7, too much."),
        2: ZeroDivisionError("by zero"),
        3: MemoryLimitError("It does not fit."),
    }
    cells = by_seed(4)
    tally = run_sweep(cells, store, compute(failing=failing), client)
    assert tally == Tally(4, 0, 1, 3)
    assert tally.finished
    reasons = [store.load(key).reason for key, _ in cells]
    assert reasons == ["", "γ is 7, too much.", "ZeroDivisionError: by zero", "It does not fit."]

    assert run_sweep(cells, store, compute(), client) == Tally(4, 1, 3, 0)  # failed cells again
    assert computed(marks) == [0, 1, 1, 2, 2, 3, 3]
    assert store.load(cells[1][0]).reason == ""


def test_cancel_from_another_thread(client, store, compute, marks):
    cells = by_seed(40)
    run = SweepRun(cells, store, compute(seconds=0.1))
    cancelled = []

    def cancel():
        while not store.cells():
            time.sleep(0.02)
        cancelled.append(time.monotonic())
        run.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    tally = run.run(client)
    assert time.monotonic() - cancelled[0] < 3
    assert 0 < tally.computed < 40
    assert not tally.finished
    assert len(store.cells()) == tally.computed
    before = [stored.cell.config.seed for stored in store.cells()]
    assert run_sweep(cells, store, compute(), client) == Tally(
        40, tally.computed, 40 - tally.computed, 0
    )
    assert all(computed(marks).count(seed) == 1 for seed in before)


def test_cancel_before_the_start(client, store, compute, marks):
    run = SweepRun(by_seed(3), store, compute())
    run.cancel()
    assert run.run(client) == Tally(3, 0, 0, 0)
    assert computed(marks) == []


def test_full_disks_end_the_sweep_and_keep_stored_cells(client, store, compute, marks):
    cells, save, saved = by_seed(30), store.save, []

    def fill(key, cell, result):
        if len(saved) == 3:
            raise SweepStoreError("No space left on device")
        saved.append(key)
        return save(key, cell, result)

    store.save = fill
    with pytest.raises(SweepStoreError, match="No space left"):
        run_sweep(cells, store, compute(seconds=0.05), client)
    assert len(store.cells()) == 3
    time.sleep(0.5)
    assert len(computed(marks)) < 30  # the rest was cancelled
    store.save = save
    assert run_sweep(cells, store, compute(), client) == Tally(30, 3, 27, 0)


def test_incomplete_tallies_are_not_finished():
    tally = Tally(total=3, found=1, computed=1, failed=1)
    assert tally.finished
    assert not dataclasses.replace(tally, failed=0).finished
