import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from scipy.stats import kstest

from confdiff_widgets.geometry.rotations import (
    matrix_to_quat,
    quat_conjugate,
    quat_multiply,
    quat_normalize,
    quat_to_matrix,
    quat_to_rotvec,
    random_quat,
    rotvec_to_quat,
)

ANGLES = [0.0, 1e-8, 1e-4, 0.3, 1.5, 2.5, math.pi - 1e-3, math.pi - 1e-6, math.pi]
PRECISIONS = [(torch.float64, 1e-12), (torch.float32, 2e-6)]


@pytest.fixture
def axes():
    """Return random axes and the coordinate axes (8, 3), where formulas may divide by 0."""
    random = torch.randn(5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    axes = torch.cat([random, torch.eye(3, dtype=torch.float64)])
    return axes / axes.norm(dim=-1, keepdim=True)


def same_rotvec(found, expected):
    """Return the largest difference; at an angle of π, v and -v are the same rotation."""
    direct = (found - expected).abs().amax(-1)
    flipped = (found + expected).abs().amax(-1)
    near_pi = expected.norm(dim=-1) > math.pi - 1e-5
    return torch.where(near_pi, torch.minimum(direct, flipped), direct).max()


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("angle", ANGLES)
def test_rotvec_quaternion_round_trip(axes, angle, dtype, tolerance):
    v = (angle * axes).to(dtype)
    q = rotvec_to_quat(v)
    assert (q.norm(dim=-1) - 1).abs().max() < tolerance
    # relative, because tiny angles must not become 0
    assert same_rotvec(quat_to_rotvec(q), v) <= tolerance * angle
    assert same_rotvec(quat_to_rotvec(-q), v) <= tolerance * angle


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("angle", ANGLES)
def test_rotvec_matrix_round_trip(axes, angle, dtype, tolerance):
    v = (angle * axes).to(dtype)
    matrix = quat_to_matrix(rotvec_to_quat(v))
    identity = torch.eye(3, dtype=dtype)
    assert (matrix @ matrix.transpose(-1, -2) - identity).abs().max() < tolerance
    assert (torch.linalg.det(matrix) - 1).abs().max() < tolerance
    again = matrix_to_quat(matrix)
    assert (quat_to_matrix(again) - matrix).abs().max() < tolerance
    small = angle if angle < 1e-3 else 1.0
    assert same_rotvec(quat_to_rotvec(again), v) <= 2 * tolerance * small


def test_float32_agrees_with_float64():
    q = random_quat((500,), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    single = quat_to_rotvec(q.float()).double()
    assert same_rotvec(single, quat_to_rotvec(q)) < 2e-6
    assert (quat_to_matrix(q.float()) - quat_to_matrix(q)).abs().max() < 1e-6


def test_agreement_with_scipy(axes):
    angles = torch.tensor(ANGLES[:-1], dtype=torch.float64)  # at π the sign is arbitrary
    v = (angles[:, None, None] * axes).flatten(0, 1)
    reference = Rotation.from_rotvec(v.numpy())
    matrix = quat_to_matrix(rotvec_to_quat(v))
    np.testing.assert_allclose(matrix, reference.as_matrix(), atol=1e-14)
    ours = matrix_to_quat(matrix)[:, [1, 2, 3, 0]].numpy()  # the scalar is last in scipy
    theirs = reference.as_quat()
    np.testing.assert_allclose(np.abs((ours * theirs).sum(-1)), 1, atol=1e-14)
    np.testing.assert_allclose(quat_to_rotvec(rotvec_to_quat(v)), reference.as_rotvec(), atol=1e-12)


def test_product_applies_the_right_factor_first():
    a, b = random_quat((2, 50), generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    product = quat_multiply(a, b)
    matrices = quat_to_matrix(a) @ quat_to_matrix(b)
    assert (quat_to_matrix(product) - matrices).abs().max() < 1e-14
    assert (quat_to_matrix(quat_multiply(b, a)) - matrices).abs().max() > 0.1
    # rotations by π/2 about x and then about z take y to z, which is on the second axis
    quarter = math.pi / 2
    x, z = rotvec_to_quat(torch.tensor([[quarter, 0, 0], [0, 0, quarter]]))
    turned = quat_to_matrix(quat_multiply(z, x)) @ torch.tensor([0.0, 1.0, 0.0])
    torch.testing.assert_close(turned, torch.tensor([0.0, 0.0, 1.0]), atol=1e-6, rtol=0)


def test_product_broadcasts():
    q = random_quat((3, 4), generator=torch.Generator().manual_seed(3))
    one = torch.tensor([1.0, 0.0, 0.0, 0.0])
    assert torch.equal(quat_multiply(one, q), q) and torch.equal(quat_multiply(q, one), q)


def test_conjugate_is_the_inverse():
    q = random_quat((50,), generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    identity = torch.tensor([1.0, 0, 0, 0], dtype=torch.float64)
    assert (quat_multiply(q, quat_conjugate(q)) - identity).abs().max() < 1e-15
    transposed = quat_to_matrix(q).transpose(-1, -2)
    assert (quat_to_matrix(quat_conjugate(q)) - transposed).abs().max() < 1e-15


def test_normalize():
    q = quat_normalize(torch.tensor([[3.0, 0.0, 4.0, 0.0]]))
    torch.testing.assert_close(q, torch.tensor([[0.6, 0.0, 0.8, 0.0]]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_jacobian_of_log_after_exp_is_the_identity(dtype):
    """The identity is included, where naive formulas give NaN."""

    def log_exp(v):
        return quat_to_rotvec(rotvec_to_quat(v))

    for v in ([0.0, 0.0, 0.0], [1e-8, 0.0, 0.0], [0.0, 1e-4, 1e-4], [0.7, -0.2, 0.4]):
        jacobian = torch.autograd.functional.jacobian(log_exp, torch.tensor(v, dtype=dtype))
        torch.testing.assert_close(jacobian, torch.eye(3, dtype=dtype), atol=1e-5, rtol=0)


def test_gradients_of_the_matrix_round_trip_are_finite_at_the_identity():
    v = torch.zeros(4, 3, requires_grad=True)
    rotvec = quat_to_rotvec(matrix_to_quat(quat_to_matrix(rotvec_to_quat(v))))
    rotvec.sum().backward()
    torch.testing.assert_close(v.grad, torch.ones(4, 3))


@pytest.mark.parametrize("function", [quat_to_rotvec, quat_to_matrix])
def test_gradcheck(function):
    q = random_quat((6,), generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    assert torch.autograd.gradcheck(function, (q.requires_grad_(),))


def test_random_rotations_are_uniform():
    q = random_quat((4000,), generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    angle = quat_to_rotvec(q).norm(dim=-1).numpy()
    assert kstest(angle, lambda w: (w - np.sin(w)) / np.pi).pvalue > 1e-3
    assert quat_to_matrix(q).mean(0).abs().max() < 4 / math.sqrt(3 * 4000)


def test_random_rotations_follow_the_seed():
    first, second = (random_quat((3,), generator=torch.Generator().manual_seed(7)) for _ in "ab")
    assert torch.equal(first, second)
