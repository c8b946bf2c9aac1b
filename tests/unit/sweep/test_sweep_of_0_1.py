"""A sweep folder written by version 0.1 opens with all cells and resumes without computing any."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from confdiff_widgets.sweep.session import SweepSession, SweepStatus

DATA = Path(__file__).parents[2] / "data" / "sweep_0.1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "sweep"))


def test_every_cell_is_found_under_its_key(folder):
    session = SweepSession.open(folder)
    assert session.status is SweepStatus.FINISHED
    assert set(session.rows) == {path.stem for path in (folder / "cells").glob("*.json")}
    for key, row in session.rows.items():
        stored = json.loads((folder / "cells" / f"{key}.json").read_text(encoding="utf-8"))
        assert row.cell.config.to_dict() == stored["config"]
        assert row.metrics == stored["metrics"]
        assert not row.reason


def test_conformers_are_read(folder):
    session = SweepSession.open(folder)
    for key in session.rows:
        ensemble = session.store.ensemble(key)
        assert ensemble.sequence == "YYDPETGTWY"
        assert ensemble.atom14.shape == (4, 10, 14, 3)


def test_opening_changes_no_result(folder):
    SweepSession.open(folder)
    for path in DATA.rglob("*"):
        if path.is_file() and path.parent.name != "sweep_0.1":
            assert (folder / path.relative_to(DATA)).read_bytes() == path.read_bytes()
