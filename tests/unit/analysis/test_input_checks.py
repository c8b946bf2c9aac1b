"""Input checks: what is accepted, and errors with the value and the fix."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from confdiff_widgets.analysis import input_checks
from confdiff_widgets.analysis.input_checks import AnalysisSizeError

CHAIN = np.zeros((2, 5, 3))
CHAIN[..., 0] = 3.8 * np.arange(5)


def test_whole_numbers_become_floats():
    found = input_checks.ensemble(np.zeros((2, 5, 3), dtype=int), "a")
    assert found.dtype == np.float64


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((5, 3)), r"\(N frames, L residues, 3\). For one structure pass a\[None\]"),
        (np.zeros((2, 5, 2)), r"a has shape \(2, 5, 2\)"),
        (np.zeros((2, 5, 3), dtype=complex), "a has complex numbers"),
        (np.full((3, 5, 3), np.nan), r"NaN or infinite coordinates in 3 of 3 frames \(first: fr"),
        (np.zeros((0, 5, 3)), r"a has 0 frame\(s\), at least 1 needed"),
    ],
)  # fmt: skip
def test_unusable_coordinates_are_refused(array, message):
    with pytest.raises(ValueError, match=message):
        input_checks.ensemble(array, "a")


def test_a_structure_may_have_a_frame_axis():
    np.testing.assert_array_equal(input_checks.structure(CHAIN[:1], "a"), CHAIN[0])
    with pytest.raises(ValueError, match=r"Select a frame, for example a\[0\]"):
        input_checks.structure(CHAIN, "a")


def test_nanometres_and_huge_extents_are_noticed():
    input_checks.angstrom(CHAIN, "a")
    with pytest.raises(ValueError, match="look like nm, multiply them by 10"):
        input_checks.angstrom(CHAIN / 10, "a")
    with pytest.raises(ValueError, match=r"frame 0 of a extends over 1\.52e"):
        input_checks.angstrom(CHAIN * 1000, "a")


def test_numbers_of_residues_must_agree():
    with pytest.raises(ValueError, match="a has 5 residues and b has 4"):
        input_checks.same_residues(CHAIN, CHAIN[:, :4], "a", "b")


def test_tables_have_two_axes_and_finite_numbers():
    with pytest.raises(ValueError, match=r"Expected \(N frames, D features\)"):
        input_checks.table(np.zeros(3), "a")
    with pytest.raises(ValueError, match="NaN or infinite features"):
        input_checks.table(np.array([[np.inf]]), "a")


def test_arrays_of_more_than_half_of_the_free_memory_are_refused(monkeypatch):
    free = SimpleNamespace(available=8 * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    input_checks.fits_memory(4 * 2**30, 100)
    with pytest.raises(AnalysisSizeError, match=r"100 residues need about 5.0 GiB, and 8.0 GiB"):
        input_checks.fits_memory(5 * 2**30, 100)
