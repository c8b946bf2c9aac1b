import math

import numpy as np
import pytest
import torch

from confdiff_widgets.diffusion.igso3 import igso3_series, igso3_tables

SIGMAS = (0.1, 0.25, 0.6, 1.0, 1.5)


@pytest.fixture(scope="module")
def tables():
    return igso3_tables(torch.tensor(SIGMAS, dtype=torch.float64))


@pytest.fixture
def omega():
    return torch.linspace(0.02, 3.1, 60, dtype=torch.float64)


def test_series(igso3, omega):
    f, _ = igso3_series(omega, torch.tensor(SIGMAS))
    for row, sigma in zip(f, SIGMAS, strict=True):
        expected = igso3(sigma).density(omega.numpy())
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-9)


def test_series_at_large_sigma_is_uniform(omega):
    f, slope = igso3_series(omega, torch.tensor([6.0]), terms=50)
    torch.testing.assert_close(f, torch.ones_like(f), atol=1e-6, rtol=0)
    assert slope.abs().max() < 1e-6


def test_slope_is_the_derivative(omega):
    sigma, h = torch.tensor(SIGMAS), 1e-5
    _, slope = igso3_series(omega, sigma)
    difference = (igso3_series(omega + h, sigma)[0] - igso3_series(omega - h, sigma)[0]) / (2 * h)
    scale = slope.abs().amax(1, keepdim=True)
    assert ((slope - difference) / scale).abs().max() < 1e-6


def test_cumulative_density(tables, igso3):
    # rounding may take 1e-12 where the density has underflowed
    assert (tables.cdf.diff(dim=1) > -1e-12).all()
    # the published rectangle rule counts the whole of the last cell
    torch.testing.assert_close(tables.cdf[:, -1], torch.ones(5).double(), atol=1e-3, rtol=0)
    assert (tables.omega[0], tables.omega[-1]) == (math.pi / 1000, math.pi)
    for row, sigma in zip(tables.cdf, SIGMAS, strict=True):
        # ... and is therefore ahead by half a cell
        assert np.abs(row.numpy() - igso3(sigma).cdf(tables.omega.numpy())).max() < 0.01


def test_score_is_the_derivative_of_log_f(tables, igso3):
    for row, sigma in zip(tables.score, SIGMAS, strict=True):
        distribution, h = igso3(sigma), 1e-5
        omega = tables.omega.numpy()
        omega = omega[(omega > 2 * h) & (omega < math.pi - 2 * h)]
        omega = omega[distribution.density(omega) > 1.0]  # elsewhere the regulariser matters
        plus, minus = distribution.density(omega + h), distribution.density(omega - h)
        derivative = (np.log(plus) - np.log(minus)) / (2 * h)
        assert len(omega) > 50
        np.testing.assert_allclose(row[: len(omega)], derivative, rtol=3e-4, atol=3e-4)


def test_score_vanishes_where_the_density_underflows(tables):
    assert torch.isfinite(tables.score).all()
    assert tables.score[0, -1].abs() < 1e-3
    assert (tables.score[2:] < 1e-12).all()  # towards the identity


def test_score_scaling(tables, igso3):
    for found, sigma in zip(tables.score_scaling, SIGMAS, strict=True):
        distribution = igso3(sigma)
        rotvec = distribution.sample(20_000, seed=1)
        mean_square = float((distribution.score(rotvec) ** 2).mean())
        assert float(found) == pytest.approx(math.sqrt(mean_square), rel=0.02)
    assert float(tables.score_scaling[0]) == pytest.approx(1 / 0.1, rel=0.01)
