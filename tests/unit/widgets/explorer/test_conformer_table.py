"""The table of conformers: values by column, missing ones, and validity in words."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.widgets.explorer.conformer_table import (
    COLUMNS,
    column_values,
    validity_problems,
)


@pytest.fixture
def branch(finished):
    return finished(samples=3, steps=4).current


def test_columns_have_the_values_of_the_frame(branch):
    found = column_values(branch, branch.last)
    assert found["conformer"] == [0, 1, 2]
    assert found["openmm"] == pytest.approx([-300, -250, -200])
    assert found["rmsd"] == pytest.approx(branch.last.rmsd.tolist())
    assert found["tic2"] == pytest.approx(branch.last.tics[:, 1].tolist())
    assert "learned" not in found  # there is no energy head
    assert found.keys() <= {column["key"] for column in COLUMNS}


def test_missing_numbers_are_none_and_rows_can_be_limited(branch):
    branch.openmm[branch.steps] = np.array([np.nan, -1.0, np.inf])
    assert column_values(branch, branch.last)["openmm"] == [None, -1.0, None]
    assert column_values(branch, branch.last, 1)["conformer"] == [0]


def test_the_start_has_no_rows(branch):
    assert column_values(branch, branch.frames[0]) == {"conformer": []}
    assert column_values(branch, None) == {"conformer": []}
    assert validity_problems(branch.frames[0]) == validity_problems(None) == []


def test_problems_are_named(branch):
    frame = branch.last
    frame.valid[:] = [[True, True], [False, True], [False, False]]
    assert validity_problems(frame) == ["", "clash", "clash, broken bond"]
    assert validity_problems(frame, 1) == [""]
