"""Hydrogens by valence geometry: lengths, angles, and positions in every orientation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from confdiff_widgets.physics.hydrogens import TETRAHEDRAL, Hydrogens

METHANOL_LIKE = {0: [1, 2, 3, 4], 1: [0, 5], 2: [0], 3: [0], 4: [0], 5: [1]}
"""C(0)–O(1)–C'(5) as heavy atoms; three hydrogens (2, 3, 4) on C."""


def placed(rotation=None):
    is_hydrogen = np.array([False, False, True, True, True, False])
    lengths = {(h, 0): 1.09 for h in (2, 3, 4)}
    found = Hydrogens.from_bonds(METHANOL_LIKE, is_hydrogen, lengths)
    positions = np.zeros((2, 6, 3))
    positions[:, 1] = [1.43, 0, 0]
    positions[:, 5] = [1.9, 1.3, 0.2]
    positions[1] += 4
    if rotation is not None:
        positions = rotation.apply(positions.reshape(-1, 3)).reshape(positions.shape)
    found.place(positions)
    return positions


def angle(a, b, c):
    u, v = a - b, c - b
    return np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)))


def test_a_methyl_group_is_tetrahedral():
    positions = placed()[0]
    carbon, oxygen, hydrogens = positions[0], positions[1], positions[2:5]
    for h in hydrogens:
        assert np.linalg.norm(h - carbon) == pytest.approx(1.09)
        assert angle(h, carbon, oxygen) == pytest.approx(TETRAHEDRAL)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert angle(hydrogens[i], carbon, hydrogens[j]) == pytest.approx(TETRAHEDRAL)


def test_hydrogens_are_staggered_to_the_reference():
    positions = placed()[0]
    carbon, oxygen, other = positions[0], positions[1], positions[5]
    axis = (oxygen - carbon) / np.linalg.norm(oxygen - carbon)
    flat = [v - (v @ axis) * axis for v in (other - oxygen, *(positions[2:5] - carbon))]
    cosines = [flat[0] @ h / np.linalg.norm(flat[0]) / np.linalg.norm(h) for h in flat[1:]]
    dihedrals = sorted(np.degrees(np.arccos(np.clip(cosines, -1, 1))))
    assert dihedrals == pytest.approx([60, 60, 180], abs=1e-4)


def test_conformers_are_independent_and_turn_with_the_heavy_atoms():
    straight = placed()
    np.testing.assert_allclose(straight[1] - straight[0], 4.0)
    rotation = Rotation.random(random_state=3)
    expected = rotation.apply(straight.reshape(-1, 3)).reshape(straight.shape)
    np.testing.assert_allclose(placed(rotation), expected, atol=1e-12)
