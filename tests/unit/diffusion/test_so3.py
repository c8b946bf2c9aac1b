import math

import pytest
import torch
from scipy.stats import kstest

from confdiff_widgets.diffusion.so3 import SO3Process
from confdiff_widgets.geometry.rotations import quat_multiply, quat_to_rotvec, random_quat

GRID_TIMES = [(row + 1e-6) / 999 for row in (0, 10, 100, 400, 998)]
"""Times just above rows of the table: σ is that of the row at or below t, as published."""


@pytest.fixture
def process():
    return SO3Process()


def identity(*shape):
    return torch.tensor([1.0, 0, 0, 0], dtype=torch.float64).expand(*shape, 4)


def test_tables_are_computed_once_for_each_schedule(process):
    assert SO3Process().tables() is process.tables("cpu")
    assert SO3Process(sigma_min=0.02).tables() is not process.tables()


def test_published_schedule(process, schedules):
    t = schedules["t"]
    torch.testing.assert_close(process.sigma(t), schedules["so3_sigma"], atol=1e-10, rtol=0)
    torch.testing.assert_close(process.diffusion(t), schedules["so3_g"], atol=1e-10, rtol=0)
    scaling = process.score_scaling(t)
    torch.testing.assert_close(scaling, schedules["so3_score_scaling"], atol=1e-10, rtol=1e-10)


def test_published_score(process, schedules):
    """Rows are times, columns angles. The published score is float32 and on another grid."""
    expected = schedules["igso3_score"]
    rotvec = torch.zeros(12, 12, 3, dtype=torch.float64)
    rotvec[..., 1] = schedules["omega"]
    found = process.score(rotvec, schedules["t"])
    assert not found[..., [0, 2]].any()
    error = (found[..., 1] - expected).abs()
    assert (error <= 3e-4 + 1e-4 * expected.abs()).all()


def test_schedule_ends(process):
    assert process.sigma(0.0) == pytest.approx(0.1)
    assert process.sigma(1.0) == pytest.approx(1.5)


def test_squared_diffusion_is_the_derivative_of_the_variance(process):
    t = torch.linspace(0, 1, 7, dtype=torch.float64, requires_grad=True)
    (growth,) = torch.autograd.grad((process.sigma(t) ** 2).sum(), t)
    torch.testing.assert_close(process.diffusion(t.detach()) ** 2, growth)
    assert process.diffusion(0.3) == pytest.approx(float(process.diffusion(torch.tensor(0.3))))


@pytest.mark.parametrize("t", GRID_TIMES)
def test_samples_follow_the_density(process, generator, igso3, t):
    """Kolmogorov-Smirnov; the table's rectangle rule costs at most half a cell of 0.18°."""
    sigma, count = process.sigma(t), 10_000
    rotvec = process.sample(t, (1, count), generator=generator, dtype=torch.float64)[0]
    angle = rotvec.norm(dim=-1)
    statistic = kstest(angle.numpy(), igso3(sigma).cdf).statistic
    bias = 0.5 * math.pi / 1000 * 0.6 / sigma  # half a cell times the largest angle density
    assert statistic < 1.95 / math.sqrt(count) + bias  # 1.95: one in a thousand
    assert angle.unique().numel() > 0.99 * count  # not only the angles of the table
    axis = rotvec / angle[:, None]
    assert axis.mean(0).abs().max() < 4 / math.sqrt(3 * count)


def test_small_angles_are_normal(process, generator, variance_tolerance):
    """E|ω|² = 3σ² as σ → 0: each component has variance σ²."""
    rotvec = process.sample(0.0, (1, 30_000), generator=generator, dtype=torch.float64)[0]
    assert (rotvec.var(0) / 0.1**2 - 1).abs().max() < variance_tolerance(30_000) + 0.005


def test_one_time_per_batch_entry(process, generator):
    t = torch.tensor([0.0, 0.5, 1.0])
    rotvec = process.sample(t, (3, 500, 4), generator=generator)
    assert rotvec.shape == (3, 500, 4, 3) and rotvec.dtype == torch.float32
    spread = rotvec.norm(dim=-1).mean((1, 2))
    assert spread[0] < 0.2 < 1 < spread[1] < spread[2]
    vectors = torch.randn(3, 5, 4, 3, generator=generator)
    together = process.score(vectors, t)
    apart = torch.stack(
        [process.score(v[None], float(s))[0] for v, s in zip(vectors, t, strict=True)]
    )
    torch.testing.assert_close(together, apart)


def test_samples_are_reproducible(process):
    def draw(seed):
        return process.sample(0.3, (2, 3), generator=torch.Generator().manual_seed(seed))

    assert torch.equal(draw(1), draw(1)) and not torch.equal(draw(1), draw(2))


def test_noise_on_noise_adds_variances(process, generator, igso3):
    """IGSO3(a) * IGSO3(b) = IGSO3(√(a² + b²)): the semigroup law of a diffusion."""
    count = 10_000
    first = process.exp_map(identity(count), igso3(0.7).sample(count, seed=2))
    noise = process.sample(GRID_TIMES[3], (1, count), generator=generator, dtype=torch.float64)[0]
    angle = quat_to_rotvec(process.exp_map(first, noise)).norm(dim=-1)
    total = math.hypot(0.7, process.sigma(GRID_TIMES[3]))
    assert kstest(angle.numpy(), igso3(total).cdf).statistic < 1.95 / math.sqrt(count) + 0.002


@pytest.mark.parametrize("t", [0.0, 0.2, 0.6, 1.0])
def test_score_is_the_gradient_in_the_body_frame(process, generator, igso3, t):
    """Differences of log f along R exp(ε e_i), i = 1, 2, 3."""
    row = math.floor(999 * t + 1e-9) / 999
    sigma, epsilon = process.sigma(row), 1e-4
    axis = torch.randn(50, 3, generator=generator, dtype=torch.float64)
    angle = torch.rand(50, 1, generator=generator, dtype=torch.float64) * min(3 * sigma, 3.0)
    rotvec = angle * axis / axis.norm(dim=-1, keepdim=True)
    quat = process.exp_map(identity(50), rotvec)

    def log_f(q):
        omega = quat_to_rotvec(q).norm(dim=-1).numpy()
        return torch.from_numpy(igso3(sigma).density(omega)).log()

    numeric = torch.empty(50, 3, dtype=torch.float64)
    for i in range(3):
        step = torch.zeros(50, 3, dtype=torch.float64)
        step[:, i] = epsilon
        difference = log_f(process.exp_map(quat, step)) - log_f(process.exp_map(quat, -step))
        numeric[:, i] = difference / (2 * epsilon)
    found = process.score(rotvec[None], t)[0]
    assert (found - numeric).abs().max() < 0.005 / sigma


def test_score_near_the_identity(process):
    """Linear, -ω/σ² up to curvature, and 0 rather than NaN at 0."""
    axis = torch.tensor([0.6, 0.0, 0.8], dtype=torch.float64)
    angle = torch.tensor([0.0, 1e-12, 1e-6, 1e-4, 1e-3, 3e-3, 3.3e-3], dtype=torch.float64)
    rotvec = angle[:, None] * axis
    for dtype in (torch.float64, torch.float32):
        found = process.score(rotvec[None].to(dtype), 0.0)[0]
        torch.testing.assert_close(found, (-rotvec / 0.1**2).to(dtype), rtol=0.01, atol=0)


def test_score_up_to_rotations_by_pi(process):
    angle = torch.tensor([3.0, 3.14, math.pi, 3.1416])
    found = process.score(angle[None, :, None] * torch.tensor([0.0, 1.0, 0.0]), 1.0)[0]
    assert torch.isfinite(found).all() and (found[:, 1] < 0.01).all()


def test_single_precision(process, generator):
    rotvec = torch.randn(1, 200, 3, generator=generator, dtype=torch.float64)
    for t in (0.01, 0.3, 1.0):
        double = process.score(rotvec, t)
        single = process.score(rotvec.float(), t)
        assert single.dtype == torch.float32
        scale = process.score_scaling(torch.tensor(t))
        assert (single - double).abs().max() < 1e-4 * scale
        # a time in float32 falls in the same row of the table
        assert torch.equal(process.score(rotvec, torch.tensor([t])), double)


def test_score_is_differentiable(process):
    rotvec = torch.tensor([[[0.0, 0, 0], [0.3, -0.2, 0.1], [2.0, 1.0, 0.0]]], requires_grad=True)
    process.score(rotvec, 0.4).square().sum().backward()
    assert torch.isfinite(rotvec.grad).all() and rotvec.grad[0, 1:].any()


def test_exp_map_inverts_log_map(process, generator):
    a, b = random_quat((2, 40), generator=generator, dtype=torch.float64)
    reached = process.exp_map(a, process.log_map(a, b))
    assert ((reached * b).sum(-1).abs() - 1).abs().max() < 1e-12
    # body frame: a rotation from the left has no effect
    turn = random_quat((1,), generator=generator, dtype=torch.float64)
    turned = process.log_map(quat_multiply(turn, a), quat_multiply(turn, b))
    torch.testing.assert_close(turned, process.log_map(a, b))


def test_one_reverse_step(process, generator):
    quat = random_quat((30,), generator=generator, dtype=torch.float64)
    score, noise = torch.randn(2, 30, 3, generator=generator, dtype=torch.float64)
    t, dt = 0.5, 0.002
    g = process.diffusion(t)
    drift = process.reverse_step(quat, score, t, dt, None)
    torch.testing.assert_close(process.log_map(quat, drift), g**2 * dt * score)
    noisy = process.log_map(quat, process.reverse_step(quat, score, t, dt, noise))
    torch.testing.assert_close(noisy, g**2 * dt * score + g * math.sqrt(dt) * noise)


def test_exact_score_reproduces_the_data(process, generator, igso3):
    """Data IGSO3(s): q_t = IGSO3(√(s² + σ(t)²)) is known, and so is its score.

    σ(0) is 0.1 and not 0, so that is what remains on the data at the end.
    """
    spread, count, steps = 0.5, 4000, 300
    quat = process.exp_map(identity(count), igso3(math.hypot(spread, 1.5)).sample(count, seed=5))
    for k in range(steps):
        t = 1 - k / steps
        marginal = igso3(math.hypot(spread, process.sigma(t)))
        score = marginal.score(quat_to_rotvec(quat))
        noise = torch.randn(count, 3, generator=generator, dtype=torch.float64)
        quat = process.reverse_step(quat, score, t, 1 / steps, noise)
    final = igso3(math.hypot(spread, 0.1))
    angle = quat_to_rotvec(quat).norm(dim=-1)
    assert kstest(angle.numpy(), final.cdf).statistic < 1.95 / math.sqrt(count) + 0.005
    assert float((angle**2).mean()) == pytest.approx(final.mean_square_angle, rel=0.06)


def test_nan_propagates_without_an_error(process):
    rotvec = torch.full((2, 3, 3), torch.nan)
    assert process.score(rotvec, 0.5).isnan().all()
    assert process.log_density(rotvec, 0.5).isnan().all()
