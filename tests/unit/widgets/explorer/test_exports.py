"""Exports: files of the chosen conformers, the table, and refusals."""

from __future__ import annotations

import csv
import io
import zipfile

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.widgets.explorer.exports import PROBLEM_COLUMN, make_export


@pytest.fixture
def session(finished):
    return finished(samples=4, steps=4)


def test_a_pdb_has_the_chosen_conformers(session, tmp_path):
    frame = session.current.last
    found = make_export("pdb", session, frame, [2, 0])
    assert found.name == "chignolin-A-step4.pdb"
    assert "2 of 4 conformers" in found.message
    (tmp_path / "a.pdb").write_bytes(found.data)
    read = mdtraj.load(str(tmp_path / "a.pdb"))
    ca = 10 * read.xyz[:, read.topology.select("name CA")]
    np.testing.assert_allclose(ca, frame.predicted[[2, 0], :, 1], atol=2e-3)


def test_a_trajectory_is_zipped_with_its_topology(session):
    found = make_export("xtc", session, session.current.last)
    with zipfile.ZipFile(io.BytesIO(found.data)) as archive:
        endings = sorted(name.rpartition(".")[2] for name in archive.namelist())
    assert found.name.endswith(".zip") and endings == ["pdb", "xtc"]


def test_the_table_has_units_and_problems(session):
    frame = session.current.last
    frame.valid[:] = [[True, False], [True, True], [False, True], [True, True]]
    found = make_export("csv", session, frame, [0, 2])
    rows = list(csv.DictReader(io.StringIO(found.data.decode())))
    assert [row["conformer"] for row in rows] == ["0", "2"]
    assert [row[PROBLEM_COLUMN] for row in rows] == ["broken", "clash"]
    assert float(rows[0]["openmm (kcal/mol)"]) == -300
    assert float(rows[1]["rmsd (Å)"]) == pytest.approx(frame.rmsd[2], rel=1e-5)


def test_nothing_to_export_is_refused(session):
    with pytest.raises(SettingsError, match="Press Run first"):
        make_export("pdb", session, session.current.frames[0])
    with pytest.raises(SettingsError, match="None of these conformers is valid"):
        make_export("csv", session, session.current.last, [])
    assert "load_system" in make_export("code", session, None).text
