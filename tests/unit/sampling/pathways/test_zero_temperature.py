"""Minimum free energy paths against steepest-descent paths of known densities."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.optimize import root
from scipy.spatial.distance import cdist

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_multiply, random_quat, rotvec_to_quat
from confdiff_widgets.sampling.pathways.metric import norm
from confdiff_widgets.sampling.pathways.polyline import arc_lengths, space_equally
from confdiff_widgets.sampling.pathways.profile import PathProfile
from confdiff_widgets.sampling.pathways.zero_temperature import ZeroTemperatureString

KT = 15.0  # units of the Müller-Brown potential
MULLER_BROWN = torch.tensor(
    [[-200, -1, 0, -10, 1, 0], [-100, -1, 0, -10, 0, 0.5], [-170, -6.5, 11, -6.5, -0.5, 1.5],
     [15, 0.7, 0.6, 0.7, -1, 1]]
).double()  # fmt: skip


def muller_brown(trans, quat=None):
    """Log density -V/kT; harmonic in z."""
    scale, a, b, c, x0, y0 = MULLER_BROWN.T
    x, y = trans[..., 0, None] - x0, trans[..., 1, None] - y0
    energy = (scale * torch.exp(a * x**2 + b * x * y + c * y**2)).sum(-1)
    return -(energy + 50 * trans[..., 2] ** 2) / KT


MEANS = torch.tensor([[-1.5, 0.0, 0.0], [1.5, 0.5, 0.0]]).double()
WIDTHS = torch.tensor([[0.5, 0.9, 0.7], [0.8, 0.4, 0.7]]).double()
ALPHA, SIGMA = 0.9, 0.4  # of the noise: p_t of the mixture is a mixture again


def noised_mixture(trans, quat=None):
    """Log density of the two-mode mixture after the forward process at one t."""
    variance = ALPHA**2 * WIDTHS**2 + SIGMA**2
    squares = (trans[..., None, :] - ALPHA * MEANS) ** 2 / variance
    return torch.logsumexp(-0.5 * squares.sum(-1) - 0.5 * variance.log().sum(-1), -1)


def gradient(log_density, x):
    point = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(log_density(point), point)
    return found.numpy()


def densely(curve):
    """Interpolate a curve (N, 3) at 2000 points of equal distance."""
    arc = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    where = np.linspace(0, arc[-1], 2000)
    return np.stack([np.interp(where, arc, column) for column in curve.T], -1)


def exact_path(log_density, saddle, ends):
    """Return the saddle, and the steepest-descent curve (N, 3) through it to both ends."""
    saddle = root(lambda x: gradient(log_density, x), saddle, tol=1e-12).x
    hessian = torch.autograd.functional.hessian(log_density, torch.tensor(saddle)).numpy()
    values, vectors = np.linalg.eigh(hessian)
    assert (values > 0).sum() == 1
    curves = []
    for sign in (-1, 1):
        start = saddle + sign * 1e-4 * vectors[:, -1]
        found = solve_ivp(
            lambda _, x: gradient(log_density, x), (0, 60), start, method="LSODA", rtol=1e-8
        )
        curves.append(densely(found.y.T))
    if np.linalg.norm(curves[0][-1] - ends[0]) > np.linalg.norm(curves[0][-1] - ends[1]):
        curves.reverse()
    return saddle, np.concatenate([curves[0][::-1], curves[1]])


def relax(density, ends, count, iterations):
    string = ZeroTemperatureString(density, space_equally(density.metric, ends, count))
    for _ in range(iterations):
        string.step()
    arc = arc_lengths(density.metric, string.images)
    return string, PathProfile.of_mean_force(arc, string.slope, string.slope_error)


@pytest.mark.parametrize(
    ("log_density", "saddle", "starts", "step"),
    [
        (muller_brown, [-0.82, 0.62, 0], [[-0.558, 1.442, 0], [-0.05, 0.467, 0]], KT / 3000),
        (noised_mixture, [0.0, 0.2, 0], [[-1.35, 0, 0], [1.35, 0.45, 0]], 0.06),
    ],
    ids=["Müller-Brown", "noised mixture in R³"],
)
def test_path_and_barrier_are_exact(log_density, saddle, starts, step, exact_density, at_points):
    ends = [root(lambda x: gradient(log_density, x), start, tol=1e-12).x for start in starts]
    saddle, exact = exact_path(log_density, saddle, ends)
    density = exact_density(log_density, [step] * 6)
    string, profile = relax(density, at_points(np.array(ends).tolist()), 32, 500)
    apart = cdist(string.images.trans[:, 0].numpy(), exact).min(1)
    assert apart.max() < 0.01 * profile.arc[-1]
    start, top, end = (float(log_density(torch.tensor(x))) for x in (ends[0], saddle, ends[1]))
    assert profile.barrier == pytest.approx(start - top, abs=0.05)
    assert profile.values[-1] == pytest.approx(start - end, abs=0.05)


def double_well(trans, quat):
    """Log density of an orientation: wells at rotations by ±1 rad about x.

    Quaternions (w, x, y, z) and their negatives are the same orientation.
    """
    angle = 2 * torch.atan2(quat[..., 1] * quat[..., 0].sign(), quat[..., 0].abs())
    tilt = quat[..., 2] ** 2 + quat[..., 3] ** 2
    return -3.0 * (angle**2 - 1) ** 2 - 20 * tilt


def test_double_well_of_orientations(exact_density, at_points):
    """The path is the rotation about x, with the barrier of 3 kT at the identity."""
    ell = 2.0
    density = exact_density(double_well, [0.1] * 6, ell)
    ends = at_points([[0, 0, 0]] * 3)
    bent = torch.tensor([[-1.0, 0, 0], [0, 0.4, 0.3], [1.0, 0, 0]]).double()
    points = Rigid(rotvec_to_quat(bent)[:, None], ends.trans)
    string, profile = relax(density, points, 16, 200)
    rotvec = density.metric.log(ends[:1], string.images)[:, 0, 3:] / ell
    assert rotvec[:, 1:].norm(dim=-1).max() < 0.01 * 2
    assert profile.arc[-1] == pytest.approx(2 * ell, rel=0.01)
    assert profile.barrier == pytest.approx(3, abs=0.05)
    assert profile.values[-1] == pytest.approx(0, abs=0.01)


def test_exchanged_ends_give_the_same_path_backwards(exact_density, at_points):
    density = exact_density(noised_mixture, [0.1] * 6)
    ends = at_points([[-1.35, 0, 0], [1.35, 0.45, 0]])
    forward, profile = relax(density, ends, 12, 200)
    backward, other = relax(density, ends[[1, 0]], 12, 200)
    torch.testing.assert_close(
        forward.images.trans, backward.images.trans.flip(0), atol=1e-6, rtol=0
    )
    np.testing.assert_allclose(
        other.values - other.values[-1], profile.values[::-1], atol=1e-6, rtol=0
    )


def test_rotated_field_gives_the_rotated_path(exact_density, at_points):
    turn = random_quat((1, 1), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    rotation = Rigid(turn, torch.zeros(1, 1, 3).double())

    def rotated(trans, quat):
        return noised_mixture(rotation.invert_apply(trans[:, None])[:, 0])

    ends = at_points([[-1.35, 0, 0], [1.35, 0.45, 0]])
    moved = Rigid(quat_multiply(turn.expand_as(ends.quat), ends.quat), rotation.apply(ends.trans))
    steps = [0.1] * 6
    plain, profile = relax(exact_density(noised_mixture, steps), ends, 12, 60)
    other, turned = relax(exact_density(rotated, steps), moved, 12, 60)
    torch.testing.assert_close(
        rotation.apply(plain.images.trans), other.images.trans, atol=1e-9, rtol=0
    )
    np.testing.assert_allclose(turned.values, profile.values, atol=1e-9)


def test_ends_stay(exact_density, at_points):
    density = exact_density(noised_mixture, [0.1] * 6)
    ends = at_points([[-1.0, 0.3, 0], [1.2, 0.2, 0.1]])
    string, _ = relax(density, ends, 12, 50)
    assert norm(density.metric.log(ends, string.images[[0, -1]])).max() < 1e-9
    assert math.isfinite(float(string.slope.abs().max()))
