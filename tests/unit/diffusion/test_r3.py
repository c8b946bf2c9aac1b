import math

import pytest
import torch

from confdiff_widgets.diffusion.r3 import R3Process

TIMES = [0.001, 0.01, 0.1, 0.35, 0.7, 1.0]


@pytest.fixture
def process():
    return R3Process()


def test_published_schedule(process, schedules):
    t = schedules["t"]
    for found, name in (
        (process.beta(t), "r3_beta"),
        (process.integrated_beta(t), "r3_marginal"),
        (process.score_scaling(t), "trans_score_scaling"),
    ):
        torch.testing.assert_close(found, schedules[name], atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize(
    "name",
    ["beta", "integrated_beta", "alpha", "variance", "sigma", "score_scaling", "half_log_snr"],
)
def test_numbers_and_tensors_agree(process, name):
    function = getattr(process, name)
    of_numbers = [function(t) for t in TIMES]
    assert all(type(value) is float for value in of_numbers)
    of_tensor = function(torch.tensor(TIMES, dtype=torch.float64))
    torch.testing.assert_close(of_tensor, torch.tensor(of_numbers, dtype=torch.float64))


def test_integral_of_beta(process):
    t = torch.tensor(TIMES, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(process.integrated_beta(t).sum(), t)
    torch.testing.assert_close(slope, process.beta(t.detach()))
    assert process.integrated_beta(0.0) == 0


def test_marginal_preserves_variance(process):
    for t in TIMES:
        assert process.alpha(t) ** 2 + process.variance(t) == pytest.approx(1, abs=1e-12)
        snr = process.alpha(t) / process.sigma(t)
        assert process.half_log_snr(t) == pytest.approx(math.log(snr), abs=1e-10)


@pytest.mark.parametrize("t", [1e-5, *TIMES])
def test_half_log_snr_inverse(process, t):
    value = process.half_log_snr(t)
    assert process.time_of_half_log_snr(value) == pytest.approx(t, rel=1e-8)


def test_half_log_snr_inverse_at_extreme_values(process):
    """The formula is continuous where e^{-2λ} overflows."""
    for value in (-299.9, -300.1, -1000.0):
        t = process.time_of_half_log_snr(value)
        assert process.integrated_beta(t) == pytest.approx(-2 * value, rel=1e-9)


@pytest.mark.parametrize("t", TIMES)
def test_forward_moments(process, generator, variance_tolerance, t):
    count, x_0 = 20_000, torch.tensor([1.5, -0.4, 0.0], dtype=torch.float64)
    noise = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    x_t = process.forward(x_0, t, noise)
    error = 4 * process.sigma(t) / math.sqrt(count)
    assert (x_t.mean(0) - process.alpha(t) * x_0).abs().max() < error
    variance = 1 - math.exp(-0.1 * t - 9.95 * t**2)
    assert (x_t.var(0) / variance - 1).abs().max() < variance_tolerance(count)


@pytest.mark.parametrize("t", TIMES)
def test_score_is_the_gradient_of_the_log_density(process, generator, t):
    x_0, x_t = torch.randn(2, 5, 3, generator=generator, dtype=torch.float64)
    x_t.requires_grad_()
    normal = torch.distributions.Normal(process.alpha(t) * x_0, process.sigma(t))
    (gradient,) = torch.autograd.grad(normal.log_prob(x_t).sum(), x_t)
    torch.testing.assert_close(process.score(x_t.detach(), x_0, t), gradient)


def test_data_prediction_inverts_the_score(process, generator):
    x_0, x_t = torch.randn(2, 6, 3, generator=generator, dtype=torch.float64)
    t = torch.tensor(TIMES, dtype=torch.float64)[:, None]
    found = process.data_prediction(x_t, process.score(x_t, x_0, t), t)
    torch.testing.assert_close(found, x_0)


def test_one_reverse_step(process, generator):
    x, score, noise = torch.randn(3, 4, 3, generator=generator, dtype=torch.float64)
    t, dt = 0.6, 0.01
    beta = 0.1 + 19.9 * t
    drift = x + (0.5 * beta * x + beta * score) * dt
    torch.testing.assert_close(process.reverse_step(x, score, t, dt, None), drift)
    noisy = process.reverse_step(x, score, t, dt, noise)
    torch.testing.assert_close(noisy - drift, math.sqrt(beta * dt) * noise)


def test_exact_score_reproduces_the_data(process, generator, variance_tolerance):
    """Data N(μ, s²): q_t = N(α μ, α² s² + 1 - α²) is known, and so is its score."""
    count, steps = 10_000, 400
    mean = torch.tensor([0.8, -1.2, 0.0], dtype=torch.float64)
    spread = torch.tensor([0.3, 1.0, 2.0], dtype=torch.float64)

    def moments(t):
        alpha = process.alpha(t)
        return alpha * mean, alpha**2 * spread**2 + process.variance(t)

    def normal():
        return torch.randn(count, 3, generator=generator, dtype=torch.float64)

    centre, variance = moments(1.0)
    x = centre + variance.sqrt() * normal()
    for k in range(steps):
        t = 1 - k / steps
        centre, variance = moments(t)
        x = process.reverse_step(x, (centre - x) / variance, t, 1 / steps, normal())
    # 0.01 and 2 % for the Euler steps, the rest is sampling error
    assert ((x.mean(0) - mean).abs() < 4 * spread / math.sqrt(count) + 0.01).all()
    assert (x.var(0) / spread**2 - 1).abs().max() < variance_tolerance(count) + 0.02
