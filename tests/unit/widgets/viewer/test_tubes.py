"""Tubes in figures: curves through the atoms, order by depth, and axes that fit."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from confdiff_widgets.widgets.viewer.tubes import draw_tubes, smooth


def test_curves_pass_through_the_atoms_and_keep_straight_lines():
    ca = np.random.default_rng(0).normal(size=(2, 6, 3))
    curve = smooth(ca, 5)
    assert curve.shape == (2, 26, 3)
    np.testing.assert_allclose(curve[:, ::5], ca, atol=1e-12)
    line = np.linspace([0, 0, 0], [5, 10, 15], 6)
    np.testing.assert_allclose(smooth(line, 4), np.linspace([0, 0, 0], [5, 10, 15], 21))


@pytest.fixture
def axes():
    return Figure(figsize=(4, 2)).subplots()


def chains(z):
    ca = np.zeros((len(z), 5, 3))
    ca[..., 0] = 3.8 * (np.arange(5) - 2)
    ca[..., 2] = np.array(z)[:, None]
    return ca


def test_near_tubes_are_drawn_last_and_far_ones_are_paler(axes):
    draw_tubes(axes, chains([-20.0, 20.0]), ["#ff0000", "#0000ff"])
    (collection,) = axes.collections
    colors = collection.get_facecolor()[:, :3]
    blue = np.flatnonzero((colors == [0.0, 0.0, 1.0]).all(axis=1))
    assert len(blue) > 0 and blue.min() > len(colors) / 2
    assert not (colors == [1.0, 0.0, 0.0]).all(axis=1).any()  # mixed with the colour of the page


def test_the_axes_fit_the_chains_at_an_equal_scale(axes):
    ca = chains([0.0])
    draw_tubes(axes, ca, ["#ff0000"])
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert right > np.abs(ca[..., 0]).max() and left == -right and bottom == -top
    width, height = axes.bbox.width, axes.bbox.height
    assert right / width == pytest.approx(top / height)
