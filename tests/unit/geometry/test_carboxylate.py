"""The terminal oxygen: planar, with equal angles, for arrays and tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from confdiff_widgets.geometry.carboxylate import BOND, terminal_oxygen


@pytest.fixture
def atoms():
    c = np.array([1.0, 2.0, 3.0])
    ca = c + 1.53 * np.array([1.0, 0.0, 0.0])
    angle = np.radians(120)
    o = c + 1.23 * np.array([np.cos(angle), np.sin(angle), 0.0])
    return ca, c, o


def test_the_carboxylate_is_planar_and_symmetric(atoms):
    ca, c, o = atoms
    oxt = terminal_oxygen(ca, c, o)
    assert np.linalg.norm(oxt - c) == pytest.approx(BOND)
    assert np.linalg.det([ca - c, o - c, oxt - c]) == pytest.approx(0, abs=1e-12)
    cosines = [
        float((oxt - c) @ (x - c) / np.linalg.norm(oxt - c) / np.linalg.norm(x - c))
        for x in (ca, o)
    ]
    assert cosines == pytest.approx([-0.5, -0.5])  # 120° for O–C–CA of 120°


def test_tensors_give_the_same_and_batches_are_independent(atoms):
    batch = [torch.tensor(np.stack([x, x + 5])) for x in atoms]
    found = terminal_oxygen(*batch).numpy()
    np.testing.assert_allclose(found[0], terminal_oxygen(*atoms))
    np.testing.assert_allclose(found[1], terminal_oxygen(*atoms) + 5)


def test_coinciding_atoms_give_nan(atoms):
    ca, c, _ = atoms
    with np.errstate(invalid="ignore"):
        assert np.isnan(terminal_oxygen(ca, c, c)).all()
