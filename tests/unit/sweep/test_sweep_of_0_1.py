"""A sweep folder written by version 0.1 opens, and keeps its results.

The bundled networks have changed since, and new weights never reuse old results: its cells are
shown as stored until they are computed again under new keys.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from confdiff_widgets.sweep import SweepStore
from confdiff_widgets.sweep.session import SweepSession, SweepStatus

DATA = Path(__file__).parents[2] / "data" / "sweep_0.1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "sweep"))


def test_cells_are_those_of_the_sweep_under_new_keys(folder):
    session = SweepSession.open(folder)
    assert session.status is SweepStatus.READY
    files = {path.stem: path for path in (folder / "cells").glob("*.json")}
    stored = [json.loads(path.read_text(encoding="utf-8"))["config"] for path in files.values()]
    assert not files.keys() & session.cells.keys()
    found = [cell.config.to_dict() for cell in session.cells.values()]
    assert sorted(found, key=str) == sorted(stored, key=str)


def test_stored_cells_are_shown_each_time_it_is_opened(folder):
    files = {path.stem for path in (folder / "cells").glob("*.json")}
    for _ in range(2):
        session = SweepSession.open(folder)
        assert session.rows.keys() == session.cells.keys()
        assert {row.key for row in session.rows.values()} == files
        assert f"{len(files)} of {len(files)} cells were computed with other" in session.notice


def test_stored_cells_are_read(folder):
    store = SweepStore(folder)
    for path in (folder / "cells").glob("*.json"):
        stored = json.loads(path.read_text(encoding="utf-8"))
        row = store.load(path.stem)
        assert row.cell.config.to_dict() == stored["config"]
        assert row.metrics == stored["metrics"]
        assert not row.reason


def test_conformers_are_read(folder):
    store = SweepStore(folder)
    for path in (folder / "cells").glob("*.json"):
        ensemble = store.ensemble(path.stem)
        assert ensemble.sequence == "YYDPETGTWY"
        assert ensemble.atom14.shape == (4, 10, 14, 3)


def test_opening_changes_no_result(folder):
    SweepSession.open(folder)
    for path in DATA.rglob("*"):
        if path.is_file() and path.parent.name != "sweep_0.1":
            assert (folder / path.relative_to(DATA)).read_bytes() == path.read_bytes()
