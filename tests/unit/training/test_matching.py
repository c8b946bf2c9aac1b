"""Estimators of ∇E_t against closed forms, in R³ and on SO(3)."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from confdiff_widgets.diffusion.se3 import Score, SE3Process
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_to_matrix, random_quat
from confdiff_widgets.training.matching import (
    batch_weights,
    energy_matching_loss,
    force_matching_loss,
    log_kernel,
    zeta,
)

PROCESS = SE3Process()


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(11)


def mlp(size_in: int, size_out: int) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(size_in, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, size_out)
    )


def fit(model: nn.Module, loss: Callable[[], Tensor], steps: int = 400) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        schedule.step()


def relative_error(found: Tensor, exact: Tensor) -> float:
    """Return the root mean square error relative to that of the exact field."""
    return ((found - exact).pow(2).mean() / exact.pow(2).mean()).sqrt().item()


# --- a one-dimensional Gaussian, for which the published code has the wrong sign ----------------


@pytest.mark.parametrize(("estimator", "expected"), [("batch", -0.138), ("released", 0.293)])
def test_sign_on_a_gaussian(generator, estimator, expected):
    """q_0 = N(0, 1), E = (x - 1)² / 2, α² = σ² = 1/2, at x = 1."""
    x_0 = torch.randn(200_000, generator=generator, dtype=torch.float64)
    alpha = variance = 0.5
    alpha, x_t = math.sqrt(alpha), 1.0
    residual = -x_t - (alpha * x_0 - x_t) / variance  # s(x) = -x
    log_q = -((x_t - alpha * x_0) ** 2) / (2 * variance)
    weights = batch_weights(log_q[None], 0.5 * (x_0 - 1) ** 2, estimator)[0]
    assert weights.sum().item() == pytest.approx(1)
    assert (weights * residual).sum().item() == pytest.approx(expected, abs=5e-3)


# --- a mixture of two Gaussians in R³ with a quadratic energy -----------------------------------


class Mixture:
    """q_0 = ½ N(-m, s²) + ½ N(m, s²) in R³ and E = |x - c|² / (2 w²), noised with α, σ."""

    alpha, sigma = math.sqrt(0.7), math.sqrt(0.3)
    means = torch.tensor([[-1.5, 0.0, 0.0], [1.5, 0.0, 0.0]])
    spread, centre, width = 0.5, torch.tensor([0.8, 0.5, -0.3]), 1.0

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw x_0 and x_t, each (count, 3)."""
        which = torch.randint(2, (count,), generator=generator)
        noise = torch.randn(2, count, 3, generator=generator)
        x_0 = self.means[which] + self.spread * noise[0]
        return x_0, self.alpha * x_0 + self.sigma * noise[1]

    def energy(self, x_0: Tensor) -> Tensor:
        return ((x_0 - self.centre) ** 2).sum(-1) / (2 * self.width**2)

    def score(self, x_t: Tensor, *, tilted: bool = False) -> Tensor:
        """Return the score of q_t, or of the noised q_0 e^{-E}; both are Gaussian mixtures."""
        means, spread, mass = self.means, self.spread, torch.zeros(2)
        if tilted:
            total = spread**2 + self.width**2
            mass = -((means - self.centre) ** 2).sum(-1) / (2 * total)
            means = (means * self.width**2 + self.centre * spread**2) / total
            spread = math.sqrt(spread**2 * self.width**2 / total)
        variance = (self.alpha * spread) ** 2 + self.sigma**2
        displacement = self.alpha * means - x_t[..., None, :]
        share = torch.softmax(mass - (displacement**2).sum(-1) / (2 * variance), dim=-1)
        return (share[..., None] * displacement).sum(-2) / variance

    def gradient(self, x_t: Tensor) -> Tensor:
        """Return ∇E_t."""
        return self.score(x_t) - self.score(x_t, tilted=True)

    def residual(self, x_0: Tensor, x_t: Tensor) -> Tensor:
        """Return ζ."""
        return self.score(x_t) - (self.alpha * x_0 - x_t) / self.sigma**2

    def log_kernel(self, x_0: Tensor, x_t: Tensor) -> Tensor:
        displacement = x_t[:, None] - self.alpha * x_0[None]
        return -(displacement**2).sum(-1) / (2 * self.sigma**2)


@pytest.fixture
def mixture() -> Mixture:
    return Mixture()


def test_force_matching_by_regression(mixture, generator):
    model = mlp(3, 3)

    def loss() -> Tensor:
        x_0, x_t = mixture.draw(2048, generator)
        weights = torch.exp(-mixture.energy(x_0))
        return force_matching_loss(model(x_t), mixture.residual(x_0, x_t), weights)

    fit(model, loss)
    _, x_t = mixture.draw(2000, generator)
    with torch.no_grad():
        assert relative_error(model(x_t), mixture.gradient(x_t)) < 0.2


@pytest.mark.parametrize(("estimator", "right"), [("batch", True), ("released", False)])
def test_force_matching_by_batches(mixture, generator, estimator, right):
    x_0, _ = mixture.draw(20_000, generator)
    _, x_t = mixture.draw(100, generator)
    weights = batch_weights(mixture.log_kernel(x_0, x_t), mixture.energy(x_0), estimator)
    found = (weights[..., None] * mixture.residual(x_0[None], x_t[:, None])).sum(1)
    error = relative_error(found, mixture.gradient(x_t))
    assert error < 0.1 if right else error > 1


def test_estimate_without_overlapping_kernels(mixture):
    """Each sample then has its own weight only, and the estimate averages to 0."""
    x_0 = torch.tensor([[0.0, 0, 0], [500.0, 0, 0]])
    weights = batch_weights(mixture.log_kernel(x_0, mixture.alpha * x_0), mixture.energy(x_0))
    torch.testing.assert_close(weights, torch.eye(2))


def test_energy_matching(mixture, generator):
    model = mlp(3, 1)

    def loss() -> Tensor:
        x_0, x_t = mixture.draw(4096, generator)
        weights = torch.exp(-mixture.energy(x_0))
        return energy_matching_loss(model(x_t).view(-1, 16), weights.view(-1, 16))

    fit(model, loss, 600)
    _, x_t = mixture.draw(2000, generator)
    x_t.requires_grad_()
    (found,) = torch.autograd.grad(model(x_t).sum(), x_t)
    assert relative_error(found, mixture.gradient(x_t.detach())) < 0.35


def test_constant_shifts_of_the_energy_have_no_effect(generator):
    energy, predicted = torch.randn(2, 4, 8, generator=generator)
    base = energy_matching_loss(predicted, torch.exp(-energy))
    shifted = energy_matching_loss(predicted + 3, torch.exp(-energy - 1))
    torch.testing.assert_close(shifted, base / math.e)
    torch.testing.assert_close(
        batch_weights(energy, predicted[0]), batch_weights(energy - 2, predicted[0] + 5)
    )


# --- three orientations on SO(3) ----------------------------------------------------------------


class Orientations:
    """Three orientations with given masses and energies, noised on SO(3) to t.

    The distribution at t is a mixture of three kernels; tilting multiplies the masses by e^{-E}.
    """

    t = 0.5
    mass = torch.tensor([0.5, 0.3, 0.2])
    energy = torch.tensor([0.0, 1.5, -1.0])

    def __init__(self) -> None:
        self.quat = random_quat((3,), generator=torch.Generator().manual_seed(3))

    def rigid(self, quat: Tensor) -> Rigid:
        """Return frames (B, 1) of one residue at the origin."""
        return Rigid(quat[:, None], torch.zeros(len(quat), 1, 3))

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw the index (count,) of an orientation and its noised version (count, 4)."""
        which = torch.multinomial(self.mass, count, replacement=True, generator=generator)
        rotvec = PROCESS.so3.sample(self.t, (count,), generator=generator)
        return which, PROCESS.so3.exp_map(self.quat[which], rotvec)

    def log_kernel(self, quat: Tensor) -> Tensor:
        return log_kernel(PROCESS, self.rigid(quat), self.rigid(self.quat), self.t)

    def kernel_score(self, quat: Tensor) -> Tensor:
        """Return ∇ log q(R_t | R_j), (B, 3 orientations, 3)."""
        rotvec = PROCESS.so3.log_map(self.quat[None], quat[:, None])
        return PROCESS.so3.score(rotvec, self.t)

    def score(self, quat: Tensor) -> Tensor:
        share = torch.softmax(self.log_kernel(quat) + self.mass.log(), dim=-1)
        return (share[..., None] * self.kernel_score(quat)).sum(1)

    def intermediate_energy(self, quat: Tensor) -> Tensor:
        log_joint = self.log_kernel(quat) + self.mass.log()
        return torch.logsumexp(log_joint, -1) - torch.logsumexp(log_joint - self.energy, -1)

    def gradient(self, quat: Tensor, estimator: str = "batch") -> Tensor:
        """Return ∇E_t from ζ, which is exact here because the batch holds all orientations."""
        weights = batch_weights(
            self.log_kernel(quat) + self.mass.log() * (estimator == "batch"),
            self.energy - self.mass.log() * (estimator == "released"),
            estimator,
        )
        residual = self.score(quat)[:, None] - self.kernel_score(quat)
        return (weights[..., None] * residual).sum(1)


@pytest.fixture
def orientations() -> Orientations:
    return Orientations()


def numerical_gradient(orientations: Orientations, quat: Tensor, step: float = 0.02) -> Tensor:
    """Compute central differences of E_t along the three body axes."""
    so3 = PROCESS.so3
    axes = torch.eye(3)
    return torch.stack(
        [
            orientations.intermediate_energy(so3.exp_map(quat, step * axis))
            - orientations.intermediate_energy(so3.exp_map(quat, -step * axis))
            for axis in axes
        ],
        dim=-1,
    ) / (2 * step)


def test_gradient_on_so3_equals_finite_differences(orientations, generator):
    _, quat = orientations.draw(200, generator)
    expected = numerical_gradient(orientations, quat)
    assert relative_error(orientations.gradient(quat), expected) < 0.02
    assert relative_error(orientations.gradient(quat, "released"), expected) > 0.5


def features(quat: Tensor) -> Tensor:
    return quat_to_matrix(quat).flatten(-2)


def test_force_matching_on_so3(orientations, generator):
    model = mlp(9, 3)

    def loss() -> Tensor:
        which, quat = orientations.draw(512, generator)
        rigid_t, rigid_0 = orientations.rigid(quat), orientations.rigid(orientations.quat[which])
        score = Score(torch.zeros(512, 1, 3), orientations.score(quat)[:, None])
        time = torch.full((512,), orientations.t)
        target = zeta(PROCESS, score, rigid_t, rigid_0, time).rot[:, 0]
        weights = torch.exp(-orientations.energy[which])
        return force_matching_loss(model(features(quat)), target, weights)

    fit(model, loss)
    _, quat = orientations.draw(2000, generator)
    with torch.no_grad():
        assert relative_error(model(features(quat)), orientations.gradient(quat)) < 0.25


def test_energy_matching_on_so3(orientations, generator):
    model = mlp(9, 1)

    def loss() -> Tensor:
        which, quat = orientations.draw(512, generator)
        weights = torch.exp(-orientations.energy[which])
        return energy_matching_loss(model(features(quat)).view(-1, 16), weights.view(-1, 16))

    fit(model, loss)
    _, quat = orientations.draw(2000, generator)
    rotvec = torch.zeros(len(quat), 3, requires_grad=True)
    energy = model(features(PROCESS.so3.exp_map(quat, rotvec))).sum()
    (found,) = torch.autograd.grad(energy, rotvec)
    assert relative_error(found, orientations.gradient(quat)) < 0.25


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_guided_sampling_on_so3_gives_the_tilted_masses(orientations, generator, eta):
    """Integrates the reverse SDE and assigns each sample to the nearest orientation."""
    count, steps = 1000, 80
    orientations.t = 1.0
    quat = PROCESS.so3.exp_map(
        orientations.quat[torch.arange(count) % 3],
        PROCESS.so3.sample(1.0, (count,), generator=generator),
    )
    for k in range(steps):
        orientations.t = 1 - k / steps
        score = orientations.score(quat) - eta * orientations.gradient(quat)
        noise = torch.randn(count, 3, generator=generator)
        quat = PROCESS.so3.reverse_step(quat, score, orientations.t, 1 / steps, noise)
    found = torch.bincount(orientations.log_kernel(quat).argmax(-1), minlength=3) / count
    expected = torch.softmax(orientations.mass.log() - eta * orientations.energy, dim=-1)
    torch.testing.assert_close(found, expected, atol=0.07, rtol=0)


# --- frames -------------------------------------------------------------------------------------


def test_kernel_of_frames(generator):
    """The gradient of the log kernel is the score of the process."""
    t = 0.3
    rigid_0 = PROCESS.forward(PROCESS.prior(2, 4, generator=generator), t, generator=generator)
    rigid_t = PROCESS.forward(rigid_0, t, generator=generator)
    direction = torch.randn(2, 4, 3, generator=generator)
    time = torch.full((2,), t)
    score = PROCESS.score(rigid_t, rigid_0, time)

    def along(step: float) -> Tensor:
        moved = Rigid(
            PROCESS.so3.exp_map(rigid_t.quat, step * direction),
            rigid_t.trans + step / PROCESS.r3.scale * direction,
        )
        return log_kernel(PROCESS, moved, rigid_0, t).diagonal()

    found = (along(0.01) - along(-0.01)) / 0.02
    expected = ((score.trans + score.rot) * direction).sum((1, 2))
    torch.testing.assert_close(found, expected, rtol=0.02, atol=0.1)


def test_zeta_of_a_perfect_score_is_zero(generator):
    """Data with a single structure cannot be tilted by an energy."""
    rigid_0 = PROCESS.prior(3, 4, generator=generator)
    time = torch.tensor([0.1, 0.5, 0.9])
    rigid_t = PROCESS.forward(rigid_0, time, generator=generator)
    found = zeta(PROCESS, PROCESS.score(rigid_t, rigid_0, time), rigid_t, rigid_0, time)
    assert found.trans.abs().max() == found.rot.abs().max() == 0
