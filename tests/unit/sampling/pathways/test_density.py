"""The density of a model at a fixed t: units of the score, noised ends, and step sizes."""

from __future__ import annotations

import math

import pytest
import torch

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import GuidedScore
from confdiff_widgets.sampling.pathways.density import NoisedDensity, isotropic_length
from confdiff_widgets.sampling.pathways.metric import FrameMetric

T = 0.05


@pytest.fixture
def density(tiny_cfg):
    return NoisedDensity(GuidedScore(tiny_cfg), T, 1.0, 0.0, FrameMetric(9.0), chunk=2)


@pytest.fixture
def points(density):
    process = density.guided.process
    return process.prior(5, 10, generator=torch.Generator().manual_seed(0))


def test_the_score_is_that_of_the_networks_per_angstrom(density, points):
    found = density(points)
    score = density.guided(points.center(), T, 1.0).score
    expected = torch.cat([0.1 * score.trans, score.rot / 9.0], dim=-1)
    expected = density.metric.without_rigid_motion(points, expected)
    torch.testing.assert_close(found.score, expected, rtol=1e-4, atol=1e-5)
    assert found.structures.shape == (5, 10)


def test_batches_do_not_change_the_score(density, points):
    whole = NoisedDensity(density.guided, T, 1.0, 0.0, density.metric, chunk=64)(points)
    torch.testing.assert_close(density(points).score, whole.score, rtol=1e-4, atol=1e-5)


def test_structures_enter_at_the_most_probable_noised_frames(density, points):
    entered = density.enter(Rigid(points.quat, points.trans + 7.0))
    alpha = density.guided.process.r3.alpha(T)
    torch.testing.assert_close(entered.trans, alpha * points.center().trans, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(entered.quat, points.quat)


def test_the_isotropic_length_makes_all_step_sizes_equal(density):
    length = isotropic_length(density.guided, T)
    sizes = NoisedDensity(density.guided, T, 1.0, 0.0, FrameMetric(length)).step_sizes
    torch.testing.assert_close(sizes, sizes[:1].expand(6), rtol=1e-5, atol=0)
    sigma = density.guided.process.r3.sigma(T) * 10
    assert math.sqrt(sizes[0]) == pytest.approx(sigma, rel=1e-5)


def test_another_time_has_the_same_model(density):
    other = density.at(0.2)
    assert (other.t, other.guided) == (0.2, density.guided)
