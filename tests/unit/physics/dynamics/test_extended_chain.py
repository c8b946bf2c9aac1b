"""Geometry of built chains."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.analysis.local_geometry import angle, chiral_volume, dihedral
from confdiff_widgets.geometry.residues import LETTERS, encode_sequence, residue_tables
from confdiff_widgets.physics.dynamics.extended_chain import extended_chain

ALL = "".join(LETTERS)


@pytest.mark.parametrize("sequence", ["GG", "AAA", ALL, ALL[::-1], "P" * 5])
def test_chains_are_extended_trans_and_of_l_residues(sequence):
    atoms = extended_chain(sequence)
    n, ca, c, o = np.moveaxis(atoms[:, :4], 1, 0)
    omega = dihedral(ca[:-1], c[:-1], n[1:], ca[1:])
    assert (np.abs(omega) > 177).all()
    np.testing.assert_allclose(np.linalg.norm(n[1:] - c[:-1], axis=-1), 1.329, atol=0.06)
    np.testing.assert_allclose(angle(ca[:-1], c[:-1], n[1:]), 116.2, atol=2)
    np.testing.assert_allclose(dihedral(n[:-1], ca[:-1], c[:-1], n[1:]), 135, atol=3)
    assert (np.abs(dihedral(ca[1:], n[1:], c[:-1], o[:-1])) < 5).all()  # carbonyls are planar
    others = np.array([letter != "G" for letter in sequence])
    volume = chiral_volume(atoms[None, :, :4], atoms[None, :, 4])[0]
    assert (volume[others] > 2).all()
    assert np.linalg.norm(ca[-1] - ca[0]) > 2.8 * (len(sequence) - 1)


def test_all_heavy_atoms_are_apart():
    atoms = extended_chain(ALL)
    places = atoms[residue_tables().atom_mask[encode_sequence(ALL)].numpy()]
    distances = np.linalg.norm(places[:, None] - places, axis=-1) + 9 * np.eye(len(places))
    assert distances.min() > 1.15
