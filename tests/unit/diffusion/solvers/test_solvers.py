"""Solvers against targets whose scores, marginals and flow maps are known in closed form.

Every step removes the centre of mass over residues. Here each residue has a mirror image, with
mirrored target and mirrored noise, so that the centre is always at 0 and nothing is removed: the
first half of the residues are then independent samples of a target with any mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from confdiff_widgets.diffusion.igso3 import igso3_series
from confdiff_widgets.diffusion.se3 import Score, SE3Process
from confdiff_widgets.diffusion.so3 import SO3Process
from confdiff_widgets.diffusion.solvers import (
    SOLVERS,
    T_MIN,
    Exponential,
    Solver,
    make_solver,
)
from confdiff_widgets.diffusion.solvers.base import predict_data
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import (
    quat_conjugate,
    quat_multiply,
    quat_to_matrix,
    quat_to_rotvec,
    random_quat,
    rotvec_to_quat,
)

PROCESS = SE3Process()
R3, SO3 = PROCESS.r3, PROCESS.so3
DOUBLE = torch.float64

WEIGHTS = torch.tensor([0.3, 0.7], dtype=DOUBLE)
MEANS = torch.tensor([[-0.8, 0.3, 0.0], [0.7, 0.3, 0.5]], dtype=DOUBLE)  # scaled units
VARIANCE = torch.tensor([0.04, 0.25, 0.09], dtype=DOUBLE)
CENTRES = rotvec_to_quat(torch.tensor([[1.2, 0.0, 0.0], [0.0, -1.2, 0.3]], dtype=DOUBLE))
DATA_TIME = 0.15
"""The orientations of the data are spread by σ(0.15) = 0.48 around their centres."""

GRID = torch.linspace(0, math.pi, 2049, dtype=DOUBLE)[1:]


def mirrored(value: Tensor) -> Tensor:
    """Return values (1, N, 3) and their mirror images, (1, 2N, 3)."""
    return torch.cat([value, -value], dim=1)


def first_half(value: Tensor) -> Tensor:
    return value[0, : value.shape[1] // 2]


def normals(count: int, generator: torch.Generator) -> Tensor:
    return torch.randn(1, count, 3, generator=generator, dtype=DOUBLE)


@dataclass(frozen=True)
class Mixture:
    """Gaussians in R³ and isotropic Gaussians on SO(3), mixed with the same weights."""

    weights: Tensor = field(default_factory=lambda: WEIGHTS)
    means: Tensor = field(default_factory=lambda: MEANS)
    centres: Tensor = field(default_factory=lambda: CENTRES)

    def variance(self, t: float) -> Tensor:
        """Of one component of the marginal at t, (3,)."""
        return R3.alpha(t) ** 2 * VARIANCE + R3.variance(t)

    def sigma(self, t: float) -> float:
        """Of one component of the marginal at t on SO(3)."""
        return math.hypot(SO3.sigma(DATA_TIME), SO3.sigma(t))

    def sample(self, count: int, t: float, generator: torch.Generator) -> Rigid:
        """``count`` residues of the marginal at t and their mirror images, (1, 2 count)."""
        which = torch.multinomial(self.weights, count, replacement=True, generator=generator)
        spread = self.variance(t).sqrt() * normals(count, generator)
        trans = R3.alpha(t) * self.means[which] + spread
        which = torch.multinomial(self.weights, 2 * count, replacement=True, generator=generator)
        quat = self.centres[which][None]
        for time in (DATA_TIME, t):
            noise = SO3.sample(time, (1, 2 * count), generator=generator, dtype=DOUBLE)
            quat = SO3.exp_map(quat, noise)
        return Rigid(quat, mirrored(trans) / R3.scale)

    def score(self, rigid: Rigid, t: float) -> Score:
        half = rigid.trans.shape[1] // 2
        trans = rigid.trans * R3.scale
        upper, lower = self._score_trans(trans[:, :half], t), self._score_trans(-trans[:, half:], t)
        return Score(
            torch.cat([upper, -lower], dim=1), as_tabulated(self._score_rot(rigid.quat, t), t)
        )

    def _score_trans(self, x: Tensor, t: float) -> Tensor:
        away = R3.alpha(t) * self.means - x[..., None, :]  # (1, N, K, 3)
        log_weight = self.weights.log() - 0.5 * (away**2 / self.variance(t)).sum(-1)
        share = torch.softmax(log_weight, dim=-1)
        return (share[..., None] * away / self.variance(t)).sum(-2)

    def _score_rot(self, quat: Tensor, t: float) -> Tensor:
        density, slope = igso3_series(GRID, torch.tensor([self.sigma(t)]), terms=100)
        above, below = torch.zeros_like(quat[..., 1:]), torch.zeros_like(quat[..., :1])
        for weight, centre in zip(self.weights, self.centres, strict=True):
            rotvec = SO3.log_map(centre, quat)
            angle = torch.linalg.vector_norm(rotvec, dim=-1, keepdim=True).clamp_min(1e-9)
            above += weight * interpolate(slope[0], angle) * rotvec / angle
            below += weight * interpolate(density[0], angle)
        return above / below


def as_tabulated(rot: Tensor, t: float) -> Tensor:
    """Scale an exact score on SO(3) to that of the table's row, as scores of networks are."""
    return rot * (SO3.sigma(t) / SO3.table_sigma(t)) ** 2


def interpolate(values: Tensor, angle: Tensor) -> Tensor:
    """Linear, on ``GRID``."""
    place = (angle / GRID[0] - 1).clamp(0, len(GRID) - 1.001)
    low = place.long()
    return torch.lerp(values[low], values[low + 1], place - low)


def integrate(
    solver: Solver,
    rigid: Rigid,
    times: list[float],
    score: Callable[[Rigid, float], Score],
    generator: torch.Generator | None = None,
) -> Rigid:
    """Integrate through ``times`` as a run does."""

    def noise() -> Score:
        count = rigid.trans.shape[1]
        return Score(mirrored(normals(count // 2, generator)), normals(count, generator))

    solver_state = None
    for t, s in pairwise(times):
        rigid, solver_state = solver.step(
            PROCESS,
            rigid,
            score(rigid, t),
            t,
            s,
            noise=noise,
            evaluate=score,
            solver_state=solver_state,
        )
    return rigid


# --- the sampled distribution -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "stochasticity", "steps", "bias"),
    [
        # steps such that the first-order solvers' own error is below ``bias``
        ("em", 0.0, 150, 0.09),
        ("ddim", 0.0, 80, 0.07),
        ("ddim", 0.5, 80, 0.09),
        ("ddim", 1.0, 100, 0.13),
        ("dpm", 0.0, 40, 0.0),
        ("dpm", 0.5, 60, 0.02),
        ("dpm", 1.0, 60, 0.02),
        ("heun", 0.0, 30, 0.03),
    ],
)
def test_exact_scores_reproduce_the_data(name, stochasticity, steps, bias):
    target, count = Mixture(), 3000
    generator = torch.Generator().manual_seed(3)
    solver = make_solver(name, stochasticity)
    times = solver.times(steps, 1.0)
    final = integrate(solver, target.sample(count, 1.0, generator), times, target.score, generator)
    t = times[-1]
    assert T_MIN - 1e-9 < t < 0.02

    trans = first_half(final.trans) * R3.scale
    right = trans[:, 0] > 0
    fraction = right.double().mean().item()
    assert fraction == pytest.approx(0.7, abs=4 * math.sqrt(0.21 / count) + 0.01)
    for component, chosen in enumerate((~right, right)):
        part = trans[chosen]
        sd = target.variance(t).sqrt()
        expected = R3.alpha(t) * target.means[component]
        assert ((part.mean(0) - expected).abs() / sd).max() < 4.5 / math.sqrt(len(part)) + 0.02
        ratio = part.var(0) / target.variance(t)
        assert (ratio - 1).abs().max() < 4 * math.sqrt(2 / len(part)) + bias

    # the mean rotation matrix of IGSO3(σ) around R is R exp(-σ²)
    mean = quat_to_matrix(final.quat[0]).mean(0)
    expected = (target.weights[:, None, None] * quat_to_matrix(target.centres)).sum(0)
    expected = expected * math.exp(-(target.sigma(t) ** 2))
    assert (mean - expected).abs().max() < 4 * 0.6 / math.sqrt(2 * count) + 0.2 * bias


def test_angles_follow_igso3():
    """The whole distribution on SO(3), not only its mean: Kolmogorov's distance of the angle."""
    target = Mixture(torch.ones(1, dtype=DOUBLE), MEANS[:1], CENTRES[:1])
    generator = torch.Generator().manual_seed(0)
    solver = make_solver("ddim", 1.0)
    times = solver.times(100, 1.0)
    final = integrate(solver, target.sample(2000, 1.0, generator), times, target.score, generator)
    angle = torch.linalg.vector_norm(SO3.log_map(CENTRES[0], final.quat[0]), dim=-1)
    cdf = interpolate(angle_cdf(target.sigma(times[-1])), angle.sort().values)
    steps = torch.arange(1, 4001, dtype=DOUBLE) / 4000
    assert (cdf - steps).abs().max() < 1.95 / math.sqrt(4000) + 0.01  # p = 0.001, and the solver


def angle_cdf(sigma: float) -> Tensor:
    """Cumulative angle density of IGSO3 on ``GRID`` (trapezoidal, from 0)."""
    density = igso3_series(GRID, torch.tensor([sigma]), terms=100)[0][0]
    density = density * (1 - torch.cos(GRID)) / math.pi
    before = torch.cat([torch.zeros(1, dtype=DOUBLE), density[:-1]])
    return (0.5 * (before + density) * GRID[0]).cumsum(0)


def test_bias_of_euler_maruyama_is_proportional_to_the_step():
    """The published sampler's error in the variance falls in proportion to the step."""
    target = Mixture(torch.ones(1, dtype=DOUBLE), MEANS[:1], CENTRES[:1])
    solver, excess = make_solver("em"), []
    for steps in (20, 40, 80):
        generator = torch.Generator().manual_seed(1)
        times = solver.times(steps, 1.0)
        final = integrate(
            solver, target.sample(2000, 1.0, generator), times, target.score, generator
        )
        variance = (first_half(final.trans) * R3.scale).var(0)[0]
        excess.append((variance / target.variance(times[-1])[0] - 1).item())
    assert excess[0] > 2 * excess[1] > 4 * excess[2] > 0


# --- the path: closed-form flow maps ----------------------------------------------------------


def flow_errors(solver: Solver, steps: int, t_start: float) -> tuple[float, float]:
    """Mean distance to the exact probability flow's end point, in R³ and in the angle on SO(3).

    One Gaussian keeps each point's standardised position; one IGSO3 keeps each angle's quantile.
    """
    target = Mixture(torch.ones(1, dtype=DOUBLE), MEANS[:1], CENTRES[:1])
    start = target.sample(100, t_start, torch.Generator().manual_seed(0))
    times = solver.times(steps, t_start)
    final = integrate(solver, start, times, target.score)
    t = times[-1]

    standard = first_half(start.trans) * R3.scale - R3.alpha(t_start) * MEANS[0]
    standard = standard / target.variance(t_start).sqrt()
    exact = R3.alpha(t) * MEANS[0] + target.variance(t).sqrt() * standard
    trans = (first_half(final.trans) * R3.scale - exact).abs().mean()

    before = torch.linalg.vector_norm(SO3.log_map(CENTRES[0], start.quat[0]), dim=-1)
    after = torch.linalg.vector_norm(SO3.log_map(CENTRES[0], final.quat[0]), dim=-1)
    quantile = interpolate(angle_cdf(target.sigma(t_start)), before)
    cdf = angle_cdf(target.sigma(t))
    keep = (quantile > 0.01) & (quantile < 0.99)
    place = torch.searchsorted(cdf, quantile)
    weight = (quantile - cdf[place - 1]) / (cdf[place] - cdf[place - 1])
    exact_angle = torch.lerp(GRID[place - 1], GRID[place], weight)
    return trans.item(), (after - exact_angle)[keep].abs().mean().item()


@pytest.mark.parametrize(("name", "order"), [("ddim", 1), ("dpm", 2), ("heun", 2)])
@pytest.mark.parametrize("t_start", [1.0, 0.3])
def test_order_of_convergence_to_the_exact_flow(name, order, t_start):
    coarse = flow_errors(make_solver(name), 20, t_start)
    fine = flow_errors(make_solver(name), 40, t_start)
    for before, after in zip(coarse, fine, strict=True):
        assert 0.75 * 2**order < before / after < 1.35 * 2**order


def test_second_order_is_more_accurate_at_equal_evaluations():
    ddim = flow_errors(make_solver("ddim"), 20, 1.0)
    dpm = flow_errors(make_solver("dpm"), 20, 1.0)
    heun = flow_errors(make_solver("heun"), 10, 1.0)
    for of_ddim, of_dpm, of_heun in zip(ddim, dpm, heun, strict=True):
        assert of_dpm < 0.5 * of_ddim
        assert of_heun < 0.8 * of_ddim


def test_isotropic_score_preserves_the_rotation_axis():
    target = Mixture(torch.ones(1, dtype=DOUBLE), MEANS[:1], CENTRES[:1])
    start = target.sample(50, 1.0, torch.Generator().manual_seed(0))
    for name in ("ddim", "dpm", "heun"):
        solver = make_solver(name)
        final = integrate(solver, start, solver.times(10, 1.0), target.score)
        before, after = SO3.log_map(CENTRES[0], start.quat), SO3.log_map(CENTRES[0], final.quat)
        cosine = torch.cosine_similarity(before, after, dim=-1)
        torch.testing.assert_close(cosine, torch.ones_like(cosine), atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", ["ddim", "dpm", "heun"])
def test_a_single_data_point_is_reached_in_one_step(name):
    """With a prediction that never changes, exponential integrators are exact at any step."""
    generator = torch.Generator().manual_seed(5)
    data = mirrored(normals(8, generator))
    start = Rigid(random_quat((1, 16), generator=generator, dtype=DOUBLE), 20 * data.flip(1))
    aim = random_quat((1, 16), generator=generator, dtype=DOUBLE)

    def score(rigid: Rigid, t: float) -> Score:
        rot = SO3.log_map(rigid.quat, aim) / SO3.table_sigma(t) ** 2
        return Score(R3.score(rigid.trans * R3.scale, data, t), rot)

    final = integrate(make_solver(name), start, [0.9, 0.2], score)
    noise = (start.trans * R3.scale - R3.alpha(0.9) * data) / R3.sigma(0.9)
    expected = (R3.alpha(0.2) * data + R3.sigma(0.2) * noise) / R3.scale
    torch.testing.assert_close(final.trans, expected)
    left = SO3.log_map(aim, start.quat) * SO3.sigma(0.2) / SO3.sigma(0.9)
    torch.testing.assert_close(SO3.log_map(aim, final.quat), left)


@pytest.mark.parametrize("sigma_min", [0.1, 0.02])
@pytest.mark.parametrize("t", [0.0104, 0.0117, 0.0129, 0.0185])
def test_a_small_rotation_to_the_prediction_is_recovered_from_its_score(sigma_min, t):
    """σ² times the score of a nearly normal IGSO3 is the rotation vector that it was made of."""
    process = SE3Process(so3=SO3Process(sigma_min=sigma_min))
    so3, generator = process.so3, torch.Generator().manual_seed(2)
    rotvec = 0.5 * so3.sigma(t) * normals(200, generator)
    aim = random_quat((1, 200), generator=generator, dtype=DOUBLE)
    rigid = Rigid(so3.exp_map(aim, rotvec), torch.zeros(1, 200, 3, dtype=DOUBLE))
    score = process.score(rigid, Rigid(aim, rigid.trans), t)
    found = predict_data(process, rigid, score, t).tangent
    ratio = (found * -rotvec).sum(-1) / (rotvec**2).sum(-1)
    assert (ratio - 1).abs().median() < 0.003
    exact = so3.sigma(t) ** 2 / so3.table_sigma(t) ** 2 - 1
    assert exact > 0.003, "σ(t) itself would overshoot"


@pytest.mark.parametrize("sigma_min", [0.1, 0.02])
@pytest.mark.parametrize("name", ["ddim", "dpm", "heun"])
def test_a_predicted_orientation_is_reached_through_tabulated_scores(name, sigma_min):
    """Angles to a fixed predicted structure shrink as σ, down to t = 0.01."""
    process = SE3Process(so3=SO3Process(sigma_min=sigma_min))
    so3, generator = process.so3, torch.Generator().manual_seed(4)
    times = [0.0297, 0.0196, 0.0148, 0.0104]
    aim = random_quat((1, 200), generator=generator, dtype=DOUBLE)
    data = Rigid(aim, torch.zeros(1, 200, 3, dtype=DOUBLE))
    start = 0.5 * so3.sigma(times[0]) * normals(200, generator)
    rigid, state = Rigid(so3.exp_map(aim, start), data.trans), None
    for t, s in pairwise(times):
        rigid, state = make_solver(name).step(
            process, rigid, process.score(rigid, data, t), t, s,
            noise=lambda: Score(data.trans, data.trans),
            evaluate=lambda x, at: process.score(x, data, at), solver_state=state,
        )  # fmt: skip
    left = so3.log_map(aim, rigid.quat).norm(dim=-1) / start.norm(dim=-1)
    assert left.median() == pytest.approx(so3.sigma(times[-1]) / so3.sigma(times[0]), rel=0.004)


# --- one step ---------------------------------------------------------------------------------


def parts_of_noise(solver: Solver, t: float, s: float) -> tuple[float, float, float, float]:
    """Kept and fresh noise level of a step in R³ and on SO(3), seen from outside."""

    def step(trans: float, rot: float, noise: float) -> tuple[float, float]:
        x = torch.tensor([[[trans, 0.0, 0.0], [-trans, 0.0, 0.0]]], dtype=DOUBLE)
        turn = torch.tensor([[[rot, 0.0, 0.0]]], dtype=DOUBLE).expand(1, 2, 3)
        fresh = torch.tensor([[[noise, 0.0, 0.0], [-noise, 0.0, 0.0]]], dtype=DOUBLE)
        rigid = Rigid(rotvec_to_quat(turn), x / R3.scale)
        score = Score(
            -x / R3.variance(t), -turn / SO3.table_sigma(t) ** 2
        )  # the data are at the origin
        after = solver.step(
            PROCESS, rigid, score, t, s,
            noise=lambda: Score(fresh, fresh), evaluate=no_evaluation, solver_state=None,
        ).rigid  # fmt: skip
        return (
            after.trans[0, 0, 0].item() * R3.scale,
            quat_to_rotvec(after.quat)[0, 0, 0].item(),
        )

    kept = step(R3.sigma(t), 0.2, 0.0)
    fresh = step(0.0, 0.0, 1.0)
    return kept[0], fresh[0], kept[1] * SO3.sigma(t) / 0.2, fresh[1]


def no_evaluation(rigid: Rigid, t: float) -> Score:
    raise AssertionError("this solver evaluates the score once a step")


@pytest.mark.parametrize("stochasticity", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("order", [1, 2])
def test_kept_and_fresh_noise_add_up_to_the_noise_level(order, stochasticity):
    t, s = 0.6, 0.4
    kept, fresh, kept_rot, fresh_rot = parts_of_noise(Exponential(order, stochasticity), t, s)
    assert kept**2 + fresh**2 == pytest.approx(R3.variance(s))
    assert kept_rot**2 + fresh_rot**2 == pytest.approx(SO3.sigma(s) ** 2)
    # at 1 the fresh part is that of the exact posterior q(x_s | x_t, x_0)
    decay = R3.alpha(t) / R3.alpha(s)
    posterior = R3.variance(s) / R3.variance(t) * (1 - decay**2)
    assert fresh == pytest.approx(stochasticity * math.sqrt(posterior))
    posterior_rot = SO3.sigma(s) ** 2 * (1 - SO3.sigma(s) ** 2 / SO3.sigma(t) ** 2)
    assert fresh_rot == pytest.approx(stochasticity * math.sqrt(posterior_rot))


@pytest.mark.parametrize("name", SOLVERS)
def test_steps_are_equivariant(name):
    generator = torch.Generator().manual_seed(9)
    solver, target = make_solver(name), Mixture()
    rigid = target.sample(10, 0.8, generator)
    turn = random_quat((), generator=generator, dtype=DOUBLE)
    turned = Rigid(torch.zeros(1, dtype=DOUBLE), torch.zeros(3, dtype=DOUBLE))
    turned = Rigid(turn, turned.trans).compose(rigid)
    noise = Score(mirrored(normals(10, generator)), normals(20, generator))

    def turn_back(x: Rigid) -> Rigid:
        return Rigid(quat_conjugate(turn), torch.zeros(3, dtype=DOUBLE)).compose(x)

    def turned_score(x: Rigid, t: float) -> Score:
        score = target.score(turn_back(x), t)
        return Score(score.trans @ quat_to_matrix(turn).T, score.rot)

    plain = solver.step(
        PROCESS, rigid, target.score(rigid, 0.8), 0.8, 0.6,
        noise=lambda: noise, evaluate=target.score, solver_state=None,
    ).rigid  # fmt: skip
    other = solver.step(
        PROCESS, turned, turned_score(turned, 0.8), 0.8, 0.6,
        noise=lambda: Score(noise.trans @ quat_to_matrix(turn).T, noise.rot),
        evaluate=turned_score, solver_state=None,
    ).rigid  # fmt: skip
    torch.testing.assert_close(other.trans, plain.trans @ quat_to_matrix(turn).T)
    difference = quat_multiply(quat_conjugate(quat_multiply(turn, plain.quat)), other.quat)
    assert quat_to_rotvec(difference).abs().max() < 1e-6


@pytest.mark.parametrize("name", SOLVERS)
def test_numbers_of_evaluations_and_noise_draws(name):
    solver, target = make_solver(name), Mixture()
    calls = {"noise": 0, "score": 1}

    def score(rigid: Rigid, t: float) -> Score:
        calls["score"] += 1
        return target.score(rigid, t)

    def noise() -> Score:
        calls["noise"] += 1
        return Score(torch.zeros(1, 8, 3), torch.zeros(1, 8, 3))

    rigid = target.sample(4, 0.5, torch.Generator().manual_seed(0))
    solver.step(
        PROCESS, rigid, target.score(rigid, 0.5), 0.5, 0.4,
        noise=noise, evaluate=score, solver_state=None,
    )  # fmt: skip
    assert calls["score"] == solver.evaluations
    assert calls["noise"] == (1 if name == "em" else 0)


# --- time grids and names ---------------------------------------------------------------------


def test_published_grid():
    times = make_solver("em").times(1000, 1.0)
    assert len(times) == 991
    assert times[0] == 1
    assert times[-1] == pytest.approx(0.01, abs=1e-12)
    assert all(t - s == pytest.approx(0.001) for t, s in pairwise(times))
    # ``steps`` divides all of [0, 1], wherever the run starts
    assert make_solver("em").times(100, 0.25) == pytest.approx([k / 100 for k in range(25, 0, -1)])
    assert make_solver("em").times(3, 0.1) == [0.1]


@pytest.mark.parametrize("name", ["ddim", "dpm", "heun"])
@pytest.mark.parametrize("t_start", [1.0, 0.3, 0.011])
def test_quadratic_grid(name, t_start):
    times = make_solver(name).times(20, t_start)
    assert len(times) == 20
    assert times[0] == pytest.approx(t_start, abs=1e-12)
    assert times[-1] == pytest.approx(0.01, abs=1e-12)
    gaps = [math.sqrt(t) - math.sqrt(s) for t, s in pairwise(times)]
    assert gaps == pytest.approx([gaps[0]] * 19)
    assert gaps[0] > 0
    assert make_solver(name).times(1, t_start) == [t_start]


@pytest.mark.parametrize("name", SOLVERS)
def test_run_from_the_smallest_time_makes_one_evaluation(name):
    assert make_solver(name).times(20, T_MIN) == [T_MIN]


def test_unknown_settings_are_refused():
    with pytest.raises(SettingsError, match=r"Unknown solver 'euler'.*em, ddim"):
        make_solver("euler")
    for stochasticity in (-0.1, 1.1, math.nan):
        with pytest.raises(SettingsError, match="between 0 and 1"):
            make_solver("ddim", stochasticity)
    for name in ("em", "heun"):
        with pytest.raises(SettingsError, match="no tunable noise"):
            make_solver(name, 0.5)
