import errno
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.files.writing import OutputError
from confdiff_widgets.sweep import CellResult, SweepStore, SweepStoreError
from confdiff_widgets.sweep.session import SweepSession

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
    store.request(cells, {"energies": 4})
    assert SweepStore(store.folder).requested() == (cells, {"energies": 4})


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


@pytest.mark.parametrize("lost", ["cells/*.xtc", "topologies/*.pdb"])
def test_cells_without_conformers_count_as_missing(store, lost):
    ((key, cell),) = by_seed(1)
    store.save(key, cell, CellResult(conformers(0)))
    for path in store.folder.glob(lost):
        path.unlink()
    assert store.load(key) is None and store.cells() == []
    store.save(key, cell, CellResult(conformers(0)))
    assert len(store.ensemble(key)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"config": None},
        {"config": {"steps": 10**9}},
        {"config": {"samples": 10**7}},
        {"config": {"steps": "many"}},
        {"config": {"colour": 1}},
        {"sequence": "../../x"},
        {"sequence": 5},
        {"metrics": [1]},
        {"metrics": {"energy": "low"}},
        {"reason": None},
        {"protein": 3},
    ],
)
def test_tampered_cells_are_one_error(store, change):
    ((key, cell),) = by_seed(1)
    store.save(key, cell, CellResult(conformers(0), {"energy": 1}))
    path = store.folder / "cells" / f"{key}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    for read in (lambda: store.load(key), store.cells, lambda: store.ensemble(key), store.table):
        with pytest.raises(SweepStoreError, match=f"{key}.json cannot be read: .*Delete it"):
            read()


@pytest.mark.parametrize(
    "content",
    [
        "[1]",
        "null",
        "[" * 100_000,
        '{"format": "confdiff-sweep-1"}',
        '{"format": "confdiff-sweep-1", "about": 3, "cells": []}',
        '{"format": "confdiff-sweep-1", "about": {"job": 1}, "cells": []}',
        '{"format": "confdiff-sweep-1", "about": {}, "cells": [1]}',
        '{"format": "confdiff-sweep-1", "about": {}, "cells": [{"key": "../x"}]}',
        '{"format": "confdiff-sweep-1", "about": {}, "cells": [{"key": "a", "protein": "A"}]}',
    ],
)
def test_tampered_requests_are_one_error(store, content):
    (store.folder / "sweep.json").write_text(content)
    with pytest.raises(
        SweepStoreError, match=r"sweep\.json cannot be read: .*Choose another folder"
    ):
        SweepStore(store.folder).requested()


@pytest.mark.parametrize("job", [{"energies": -1}, {"energies": "x"}, {"colour": 1}])
def test_tampered_jobs_are_one_error(store, job):
    store.request([], job)
    with pytest.raises(SettingsError, match="do not fit this version"):
        SweepSession.open(store.folder)


def test_a_pipe_in_place_of_a_cell_does_not_block(store):
    ((key, _),) = by_seed(1)
    os.mkfifo(store.folder / "cells" / f"{key}.json")
    with pytest.raises(SweepStoreError, match="not a regular file"):
        store.load(key)


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
    with pytest.raises(OutputError, match="is a file"):
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

    monkeypatch.setattr("confdiff_widgets.files.writing.os.fsync", full)
    with pytest.raises(OutputError, match=r"No space left.*Free some disk space.*cells are kept"):
        store.save(second, other, CellResult(conformers(1)))
    assert store.load(second) is None
    assert store.load(first).metrics == {"x": 1.0}
    assert not list(store.folder.rglob(".confdiff-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_partial_conformers_are_removed(store, tmp_path):
    """A limit on file sizes, like a disk that fills while mdtraj writes."""
    import subprocess

    code = """
import resource, signal, sys
from confdiff_widgets.files.writing import OutputError
from confdiff_widgets.sweep import CellResult, SweepStore
from tests.unit.sweep.conftest import by_seed, conformers
store = SweepStore(sys.argv[1])
((key, cell),) = by_seed(1)
store.save("other", cell, CellResult(conformers(0)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    store.save(key, cell, CellResult(conformers(0, samples=200)))
except OutputError as error:
    print(error)
"""
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.folder)], cwd=root, capture_output=True, text=True
    )
    assert "Cannot write" in done.stdout, done.stderr
    ((key, _),) = by_seed(1)
    assert store.load(key) is None
    assert not list(store.folder.rglob(".confdiff-*"))
    assert len(store.ensemble("other")) == 2


def test_folders_can_be_moved(store, tmp_path):
    ((key, cell),) = by_seed(1)
    store.save(key, cell, CellResult(conformers(0)))
    shutil.move(store.folder, tmp_path / "elsewhere")
    assert len(SweepStore(tmp_path / "elsewhere").ensemble(key)) == 2
