"""The fraction of native contacts."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.analysis import native_contact_fraction
from confdiff_widgets.analysis.native_contacts import native_pairs

HAIRPIN = np.array(
    [[3.8 * i, 0.0, 0.0] for i in range(5)] + [[3.8 * (9 - i), 5.0, 0.0] for i in range(5, 10)]
)
"""Two strands, 5 Å apart."""


def test_the_folded_structure_has_all_contacts_in_any_orientation():
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    assert native_contact_fraction((HAIRPIN @ rotation + 7)[None], HAIRPIN) == 1


def test_an_extended_chain_has_none():
    chain = np.array([[3.8 * i, 0.0, 0.0] for i in range(10)])
    assert native_contact_fraction(chain[None], HAIRPIN) == 0


@pytest.mark.parametrize(("factor", "formed"), [(1.19, 1.0), (1.21, 0.0)])
def test_a_contact_is_formed_up_to_a_fifth_more_than_its_native_distance(factor, formed):
    assert native_contact_fraction(factor * HAIRPIN[None], HAIRPIN) == formed


def test_contacts_are_at_least_three_residues_apart():
    i, j = native_pairs(HAIRPIN)
    assert len(i) and (j - i).min() >= 3
    assert np.linalg.norm(HAIRPIN[i] - HAIRPIN[j], axis=1).max() < 8


def test_a_structure_without_contacts_has_no_fraction():
    chain = np.array([[3.8 * i, 0.0, 0.0] for i in range(10)])
    assert np.isnan(native_contact_fraction(HAIRPIN[None], chain)).all()
