"""Finite-temperature strings against the exact free energy of mixtures of normal distributions."""

import math

import numpy as np
import pytest
import torch

from confdiff_widgets.sampling.pathways.finite_temperature import FiniteTemperatureString
from confdiff_widgets.sampling.pathways.metric import norm
from confdiff_widgets.sampling.pathways.polyline import arc_lengths, space_equally
from confdiff_widgets.sampling.pathways.profile import PathProfile

MEANS, WIDTH, BROAD, SHARE = (-1.0, 1.0), 0.6, 0.2, (0.7, 0.3)


def mixture(trans, quat):
    """Log density of two modes on the x axis, with a straight string."""
    parts = [
        math.log(share) - 0.5 * ((trans[:, 0] - mean) / WIDTH) ** 2
        for mean, share in zip(MEANS, SHARE, strict=True)
    ]
    along = torch.logsumexp(torch.stack(parts), 0)
    turned = 2 * quat[:, 1:] / BROAD  # keeps the orientation, too
    return along - 0.5 * (trans[:, 1:] ** 2).sum(-1) / BROAD**2 - 0.5 * (turned**2).sum(-1)


def marginal(x):
    """Exact free energy along x, kT."""
    parts = [s * np.exp(-0.5 * ((x - m) / WIDTH) ** 2) for m, s in zip(MEANS, SHARE, strict=True)]
    return -np.log(np.sum(parts, axis=0))


@pytest.fixture(scope="module")
def relaxed(exact_density, at_points):
    """A relaxed string between the modes that starts bent."""
    density = exact_density(mixture, [BROAD**2] * 6)
    points = at_points([[-1.0, 0, 0], [0, 0.15, -0.1], [1.0, 0, 0]])
    string = FiniteTemperatureString(density, space_equally(density.metric, points, 8), 150, 4)
    with torch.inference_mode():
        for _ in range(300):
            string.step()
    return density, string


def test_string_is_the_principal_curve(relaxed):
    density, string = relaxed
    assert string.images.trans[:, 0, 1:].abs().max() < 0.01 * 2 * 2
    assert arc_lengths(density.metric, string.images)[-1] == pytest.approx(2, rel=0.01)


def test_mean_force_gives_the_exact_free_energy(relaxed):
    density, string = relaxed
    arc = arc_lengths(density.metric, string.images)
    profile = PathProfile.of_mean_force(arc, string.slope, string.slope_error)
    fine = np.linspace(-1, 1, 1000)
    exact = marginal(string.images.trans[:, 0, 0].numpy())
    assert profile.barrier == pytest.approx((marginal(fine) - marginal(-1.0)).max(), abs=0.05)
    assert profile.values[-1] == pytest.approx(exact[-1] - exact[0], abs=0.06)
    assert 0 < profile.errors[-1] < 0.06


def test_same_seed_gives_the_same_string(exact_density, at_points):
    density = exact_density(mixture, [BROAD**2] * 6)
    images = space_equally(density.metric, at_points([[-1.0, 0, 0], [1.0, 0.2, 0]]), 6)
    strings = [FiniteTemperatureString(density, images, 3, seed) for seed in (1, 1, 2)]
    for string in strings:
        for _ in range(5):
            string.step()
    first, same, other = (s.images.trans for s in strings)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_samples_stay_in_their_cells(relaxed):
    density, string = relaxed
    found = density.metric.distances(string.samples, string.images).argmin(-1)
    assert (found.view(8, -1) == torch.arange(8)[:, None]).all()
    assert norm(density.metric.log(string.images[:1], string.samples[:1])) > 0
