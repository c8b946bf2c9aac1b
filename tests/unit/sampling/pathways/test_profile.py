"""Integration of mean forces, closed loops and populations of cells."""

import numpy as np
import pytest
import torch

from confdiff_widgets.sampling.pathways.density import DensityScore
from confdiff_widgets.sampling.pathways.metric import FrameMetric
from confdiff_widgets.sampling.pathways.polyline import space_equally
from confdiff_widgets.sampling.pathways.profile import (
    PathProfile,
    cell_populations,
    closed_loop,
)

METRIC = FrameMetric(1.0, invariant=False)


class Swirl:
    """A rotating field (-y, x) without a density: its loop integral is twice the area."""

    metric = METRIC

    def __call__(self, frames):
        x, y, z = frames.trans.unbind(-1)
        score = torch.stack([-y, x, z], -1)
        return DensityScore(torch.cat([score, torch.zeros_like(score)], -1), frames)


def test_profile_is_the_integral_of_minus_the_score():
    arc = torch.linspace(0, 3, 31).double()
    profile = PathProfile.of_mean_force(arc, -torch.sin(arc), torch.full_like(arc, 0.1))
    np.testing.assert_allclose(profile.values, 1 - np.cos(profile.arc), atol=1e-5)
    assert profile.barrier == pytest.approx(1 - np.cos(3), abs=1e-5)
    # 30 intervals of 0.1 with independent errors; those of both ends count half
    assert profile.errors[-1] == pytest.approx(0.1 * 0.1 * np.sqrt(29.5))
    assert profile.errors[0] == 0


def test_unknown_errors_stay_unknown():
    arc = torch.linspace(0, 3, 4)
    profile = PathProfile.of_mean_force(arc, torch.zeros(4), torch.full((4,), torch.inf))
    assert profile.errors[0] == 0
    assert np.isinf(profile.errors[1:]).all()


def test_closed_loop_of_a_field_without_density(at_points):
    out = space_equally(METRIC, at_points([[0, 0, 0], [1.0, 0, 0]]), 9)
    back = space_equally(METRIC, at_points([[0, 0.5, 0], [1.0, 0.5, 0]]), 9)
    assert closed_loop(Swirl(), out, back) == pytest.approx(2 * 0.5)


def test_closed_loop_of_a_density_vanishes(exact_density, at_points):
    density = exact_density(lambda trans, _: torch.sin(3 * trans).sum(-1), [1e-2] * 6)
    out = space_equally(METRIC, at_points([[0, 0, 0], [1.0, 0.3, 0]]), 9)
    back = space_equally(METRIC, at_points([[0, 0.5, 0], [1.0, 0.5, 0.4]]), 9)
    assert abs(closed_loop(density, out, back)) < 1e-4


def test_populations_of_cells_and_their_errors(at_points):
    images = at_points([[0, 0, 0], [1.0, 0, 0], [2.0, 0, 0]])
    frames = at_points([[-0.2, 0, 0], [0.4, 0, 0], [1.1, 5, 0], [1.2, 0, 0]])
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    found = cell_populations(METRIC, images, frames, weights, np.array([0, 1, 0, 1]))
    np.testing.assert_allclose(found.fractions, [0.3, 0.7, 0])
    # group 0 has 0.1 of its 0.4 in the first cell, group 1 has 0.2 of its 0.6
    expected = np.sqrt(2 * ((0.1 - 0.3 * 0.4) ** 2 + (0.2 - 0.3 * 0.6) ** 2))
    np.testing.assert_allclose(found.errors[0], expected)
    assert found.free_energy[2] == np.inf


def test_log_density_along_a_path_is_exact_for_few_images(exact_density, at_points):
    """The line integral between the images, not the score at the images alone."""
    density = exact_density(lambda trans, _: torch.sin(3 * trans).sum(-1), [1e-2] * 6)
    images = space_equally(METRIC, at_points([[0, 0, 0], [2.0, 0.5, 1.0]]), 5)
    found = PathProfile.of_log_density(density, images)
    exact = -torch.sin(3 * images.trans[:, 0]).sum(-1).numpy()
    np.testing.assert_allclose(found.values, exact - exact[0], atol=1e-3)
    assert not np.signbit(found.values[0])  # written as 0, not as -0
    assert found.barrier == pytest.approx(max(exact - exact[0]), abs=1e-3)
