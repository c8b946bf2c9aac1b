"""Broken bonds: gaps between residues, torn residues, and what the messages say."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.ensembles.chain_geometry import (
    chain_bonds,
    check_heavy_atoms,
    find_broken_bonds,
    require_connected_chain,
    require_fitting_topology,
    require_whole_chain,
)
from confdiff_widgets.geometry.structure import StructureError

NAMES = ["ALA1", "PRO2", "GLU3"]


@pytest.fixture
def trace():
    """Four frames of three CA atoms, 3.8 Å apart."""
    ca = np.zeros((4, 3, 1, 3))
    ca[..., 0] = 3.8 * np.arange(3)[:, None]
    return ca


def test_real_chains_have_no_broken_bond(chignolin_heavy):
    found = check_heavy_atoms(chignolin_heavy.atom14)
    assert len(found.frames) == 0 and found.describe() == ""
    require_whole_chain(found, "md")


def test_a_gap_in_one_frame_is_named_and_is_not_permanent(trace):
    trace[2, 2, 0, 0] += 20
    found = find_broken_bonds(trace, chain_bonds(NAMES, 1))
    assert found.frames.tolist() == [2] and found.permanent.tolist() == []
    assert found.describe() == (
        "bonds that no chain has in 1 of 4 frames (frame 2): CA–CA of PRO2 and GLU3 23.8 Å"
    )
    assert found.describe_frame(2) == "broken bonds CA–CA of PRO2 and GLU3"
    with pytest.raises(StructureError, match="make wrapped molecules whole"):
        require_whole_chain(found, "x")
    require_connected_chain(found, "x")


def test_a_gap_in_all_frames_was_never_a_bond(trace):
    trace[:, 1:, 0, 0] += 9
    found = find_broken_bonds(trace, chain_bonds(NAMES, 1))
    with pytest.raises(StructureError, match="in 4 of 4 frames: CA–CA of ALA1 and PRO2"):
        require_connected_chain(found, "x")
    require_fitting_topology(found, "x")  # models may break a chain between residues


def test_residues_after_a_gap_in_the_numbers_need_no_bond(trace):
    trace[:, 1:, 0, 0] += 9
    bonds = chain_bonds(NAMES, 1, np.array([False, True]))
    assert len(find_broken_bonds(trace, bonds).frames) == 0


def test_a_torn_residue_is_a_wrong_topology(chignolin_heavy):
    md = chignolin_heavy.atom14
    swapped = md.positions[:, :, :4].numpy().copy()
    swapped[:, 3, [0, 2]] = swapped[:, 5, [2, 0]]
    bonds = chain_bonds([f"{letter}{i}" for i, letter in enumerate(md.sequence, 1)], 4)
    with pytest.raises(StructureError, match="does not fit its topology"):
        require_fitting_topology(find_broken_bonds(swapped, bonds), "x")


def test_damaged_coordinates_are_broken_and_do_not_warn(trace):
    trace[0, 0, 0, 0] = 1e300
    with np.errstate(all="raise"):
        assert find_broken_bonds(trace, chain_bonds(NAMES, 1)).frames.tolist() == [0]
