import errno
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from confdiff_widgets.sweep import CellResult, SweepStore, SweepStoreError
from confdiff_widgets.sweep import store as store_module

from .conftest import by_seed, conformers


def test_stored_cells_are_loaded(store):
    (key, cell), (other, _) = by_seed(2)
    ensemble = conformers(1)
    store.save(key, cell, CellResult(ensemble, {"energy": -300.5}))
    again = SweepStore(store.folder)
    found = again.load(key)
    assert (found.cell, found.metrics, found.reason) == (cell, {"energy": -300.5}, "")
    read = again.ensemble(key)
    assert read.sequence == ensemble.sequence
    shift = read.atom14[0, 0, 0] - ensemble.atom14[0, 0, 0]  # XTC rounds to 0.01 Å
    assert np.abs((read.ca - shift.numpy()) - ensemble.ca).max() < 0.02
    assert again.load(other) is None
    assert [stored.key for stored in again.cells()] == [key]


def test_requests_are_stored(store):
    cells = by_seed(3)
    store.request(cells, {"job": {"energies": 4}})
    assert SweepStore(store.folder).requested() == (cells, {"job": {"energies": 4}})


def test_failed_cells_have_a_reason_and_no_conformers(store):
    ((key, cell),) = by_seed(1)
    store.save(key, cell, CellResult(None, reason="γ is too large"))
    assert store.load(key).reason == "γ is too large"
    with pytest.raises(SweepStoreError, match="no conformers"):
        store.ensemble(key)


def test_cells_without_metrics_count_as_missing(store):
    ((key, cell),) = by_seed(1)
    store.save(key, cell, CellResult(conformers(0)))
    (store.folder / "cells" / f"{key}.json").unlink()  # killed between the two files
    assert store.load(key) is None
    assert store.cells() == []


def test_tables(store):
    for key, cell in by_seed(3):
        failed = cell.config.seed == 1
        result = CellResult(None, reason="no") if failed else CellResult(conformers(0), {"x": 0.5})
        store.save(key, cell, result)
    path, as_text = store.write_table()
    table = parquet.read_table(path).to_pylist()
    assert as_text.read_text().count("\n") == 4
    rows = {row["seed"]: row for row in table}
    assert sorted(rows) == [0, 1, 2]
    assert rows[0]["x"] == 0.5
    assert rows[1]["x"] is None
    assert rows[1]["reason"] == "no"
    assert rows[0]["gamma"] == 1.0


def test_folders_of_another_version_are_refused(store):
    about = store.folder / "sweep.json"
    about.write_text(json.dumps({"format": "confdiff-sweep-0", "cells": []}))
    with pytest.raises(SweepStoreError, match=r"another version.*confdiff-sweep-0"):
        SweepStore(store.folder)


def test_other_folders_are_refused(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"")
    with pytest.raises(SweepStoreError, match="something else"):
        SweepStore(tmp_path)
    with pytest.raises(SweepStoreError, match="is a file"):
        SweepStore(tmp_path / "photo.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_damaged_cells_name_the_fix(store):
    ((key, cell),) = by_seed(1)
    store.save(key, cell, CellResult(conformers(0)))
    (store.folder / "cells" / f"{key}.json").write_text("{")
    with pytest.raises(SweepStoreError, match="Delete it"):
        store.load(key)


def test_full_disks(store, monkeypatch):
    (first, cell), (second, other) = by_seed(2)
    store.save(first, cell, CellResult(conformers(0), {"x": 1.0}))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store_module.os, "fsync", full)
    with pytest.raises(SweepStoreError, match=r"No space left.*Free some space and run"):
        store.save(second, other, CellResult(conformers(1)))
    assert store.load(second) is None
    assert store.load(first).metrics == {"x": 1.0}
    assert not list(store.folder.rglob("*.partial*"))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_partial_conformers_are_removed(store, tmp_path):
    """A limit on file sizes, like a disk that fills while mdtraj writes."""
    import subprocess

    code = """
import resource, signal, sys
from confdiff_widgets.sweep import CellResult, SweepStore, SweepStoreError
from tests.unit.sweep.conftest import by_seed, conformers
store = SweepStore(sys.argv[1])
((key, cell),) = by_seed(1)
store.save("other", cell, CellResult(conformers(0)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    store.save(key, cell, CellResult(conformers(0, samples=200)))
except SweepStoreError as error:
    print(error)
"""
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.folder)], cwd=root, capture_output=True, text=True
    )
    assert "failed" in done.stdout, done.stderr
    ((key, _),) = by_seed(1)
    assert store.load(key) is None
    assert not list(store.folder.rglob("*.partial*"))
    assert len(store.ensemble("other")) == 2


def test_folders_can_be_moved(store, tmp_path):
    ((key, cell),) = by_seed(1)
    store.save(key, cell, CellResult(conformers(0)))
    shutil.move(store.folder, tmp_path / "elsewhere")
    assert len(SweepStore(tmp_path / "elsewhere").ensemble(key)) == 2
