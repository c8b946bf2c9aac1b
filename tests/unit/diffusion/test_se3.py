import math

import pytest
import torch
from scipy.stats import kstest

from confdiff_widgets.diffusion.se3 import Score, SE3Process
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_multiply, random_quat


@pytest.fixture
def process():
    return SE3Process()


def random_rigid(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    trans = 10 * torch.randn(*shape, 3, generator=generator, dtype=torch.float64)
    return Rigid(random_quat(shape, generator=generator, dtype=torch.float64), trans)


def random_score(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return Score(*torch.randn(2, *shape, 3, generator=generator, dtype=torch.float64))


def turned(turn, rigid):
    """The whole conformer rotated by a quaternion (1, 1, 4)."""
    return Rigid(turn, torch.zeros(1, 1, 3, dtype=torch.float64)).compose(rigid)


@pytest.fixture
def turn():
    return random_quat((1, 1), generator=torch.Generator().manual_seed(8), dtype=torch.float64)


def assert_same(a, b, tolerance=1e-10):
    torch.testing.assert_close(a.rotmats, b.rotmats, atol=tolerance, rtol=0)
    torch.testing.assert_close(a.trans, b.trans, atol=tolerance, rtol=0)


def test_published_scores(process, golden):
    """Scores of the published prediction, from the published prediction."""
    rigid_t = Rigid.from_tensor7(golden["in_rigids"])
    rigid_0 = Rigid.from_tensor7(golden["out_rigids_0"].double())
    score = process.score(rigid_t, rigid_0, golden["in_t"])
    mask = golden["in_mask"]
    assert (score.trans - golden["out_trans_score"])[mask].abs().max() < 1e-5
    assert (score.rot - golden["out_rot_score"])[mask].abs().max() < 1e-4


def test_published_reverse_step(process, golden):
    rigid_t = Rigid.from_tensor7(golden["in_rigids"])[:1]
    score = Score(golden["out_trans_score"][:1].double(), golden["out_rot_score"][:1])
    step = process.reverse_step(rigid_t, score, 0.35, 0.01, None)
    assert (step.rotmats - golden["out_reverse_step_rotmats"]).abs().max() < 1e-6
    assert (step.trans - golden["out_reverse_step_trans"]).abs().max() < 1e-5


def test_prior(process, generator, variance_tolerance, igso3):
    rigid = process.prior(4, 2500, generator=generator)
    assert rigid.shape == (4, 2500) and rigid.trans.dtype == torch.float32
    assert rigid.trans.mean(1).abs().max() < 1e-4
    # a unit normal in scaled units is 10 Å
    assert (rigid.trans.var((0, 1)) / 100 - 1).abs().max() < variance_tolerance(10_000)
    identity = torch.zeros(4, 2500, 4)
    identity[..., 0] = 1
    angle = process.so3.log_map(identity, rigid.quat).norm(dim=-1)
    assert kstest(angle.flatten().numpy(), igso3(1.5).cdf).statistic < 0.021


@pytest.mark.parametrize("t", [0.05, 0.5])
def test_forward_moments(process, generator, variance_tolerance, igso3, t):
    """In a long chain, residues are independent except for the common centre."""
    length = 8000
    rigid = random_rigid(1, length).center()
    noised = process.forward(rigid, t, generator=generator)
    alpha, sigma = process.r3.alpha(t), process.r3.sigma(t)
    assert noised.trans.mean(1).abs().max() < 1e-12
    noise = (noised.trans - alpha * rigid.trans) / 10
    assert (noise.var(1) / sigma**2 - 1).abs().max() < variance_tolerance(length)
    # body frame: noise is multiplied from the right of R_0
    rotvec = process.so3.log_map(rigid.quat, noised.quat)[0]
    row = math.floor(999 * t) / 999
    distribution = igso3(process.so3.sigma(row))
    assert kstest(rotvec.norm(dim=-1).numpy(), distribution.cdf).statistic < 0.027
    spread = math.sqrt(distribution.mean_square_angle / 3 / length)
    assert rotvec.mean(0).abs().max() < 4 * spread


def test_forward_at_one_time_or_one_per_conformer(process):
    rigid = random_rigid(3, 6)
    together = process.forward(rigid, 0.4, generator=torch.Generator().manual_seed(1))
    times = torch.full((3,), 0.4, dtype=torch.float64)
    apart = process.forward(rigid, times, generator=torch.Generator().manual_seed(1))
    assert_same(together, apart)
    mixed = process.forward(
        rigid, times * torch.tensor([2.5e-4, 1.0, 2.5]), generator=torch.Generator().manual_seed(1)
    )
    assert_same(mixed[1:2], together[1:2])
    assert (mixed.trans[0] - rigid.center().trans[0]).abs().max() < 0.2
    assert (mixed.trans[2] - rigid.center().trans[2]).abs().max() > 1


def test_forward_with_padding(process):
    rigid = random_rigid(2, 6)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    noised = process.forward(rigid, 0.3, generator=torch.Generator().manual_seed(1), mask=mask)
    assert not noised.trans[1, 4:].any()
    centre = (noised.trans * mask[..., None]).sum(1)
    assert centre.abs().max() < 1e-10
    # padded coordinates must not shift the centre of mass
    other = Rigid(rigid.quat, torch.where(mask[..., None], rigid.trans, 1e4))
    again = process.forward(other, 0.3, generator=torch.Generator().manual_seed(1), mask=mask)
    torch.testing.assert_close(again.trans, noised.trans)


def test_forward_is_independent_of_the_position_of_the_structure(process):
    rigid = random_rigid(2, 6)
    moved = Rigid(rigid.quat, rigid.trans + torch.tensor([30.0, -20.0, 7.0]))
    first, second = (
        process.forward(r, 0.3, generator=torch.Generator().manual_seed(1)) for r in (rigid, moved)
    )
    assert_same(first, second)


@pytest.mark.parametrize("t", [0.1, torch.tensor([0.1, 0.8], dtype=torch.float64)])
def test_score_is_equivariant(process, turn, t):
    """Scores of positions rotate with the molecule; those of orientations are in the body frame."""
    rigid_t, rigid_0 = random_rigid(2, 6, seed=1), random_rigid(2, 6, seed=2)
    score = process.score(rigid_t, rigid_0, t)
    moved = process.score(turned(turn, rigid_t), turned(turn, rigid_0), t)
    zero = torch.zeros(1, 1, 3, dtype=torch.float64)
    torch.testing.assert_close(moved.trans, Rigid(turn, zero).apply(score.trans))
    torch.testing.assert_close(moved.rot, score.rot, atol=1e-9, rtol=1e-9)


def test_score_vanishes_at_the_mode(process):
    rigid_0 = random_rigid(2, 6)
    alpha = process.r3.alpha(0.4)
    score = process.score(Rigid(rigid_0.quat, alpha * rigid_0.trans), rigid_0, 0.4)
    assert score.trans.abs().max() < 1e-12
    # the score of float64 quaternions whose product is the identity to 1e-16
    assert score.rot.abs().max() < 1e-6


def test_reverse_step_is_equivariant(process, turn):
    rigid, score, noise = random_rigid(2, 6), random_score(2, 6), random_score(2, 6, seed=2)
    carry = Rigid(turn, torch.zeros(1, 1, 3, dtype=torch.float64)).apply
    moved = process.reverse_step(
        turned(turn, rigid),
        Score(carry(score.trans), score.rot),
        0.5,
        0.01,
        Score(carry(noise.trans), noise.rot),
    )
    assert_same(moved, turned(turn, process.reverse_step(rigid, score, 0.5, 0.01, noise)))


def test_reverse_step_centres(process):
    rigid, score, noise = random_rigid(2, 6), random_score(2, 6), random_score(2, 6, seed=2)
    for drawn in (None, noise):
        step = process.reverse_step(rigid, score, 0.5, 0.01, drawn)
        assert step.trans.mean(1).abs().max() < 1e-12
        assert (step.quat.norm(dim=-1) - 1).abs().max() < 1e-12


def test_reverse_step_combines_both_processes(process):
    """Each part is a step of its process; positions are in Å outside and scaled inside."""
    rigid, score, noise = (
        random_rigid(1, 5).center(),
        random_score(1, 5),
        random_score(1, 5, seed=2),
    )
    step = process.reverse_step(rigid, score, 0.5, 0.01, noise)
    trans = process.r3.reverse_step(rigid.trans / 10, score.trans, 0.5, 0.01, noise.trans) * 10
    torch.testing.assert_close(step.trans, trans - trans.mean(1, keepdim=True))
    quat = process.so3.reverse_step(rigid.quat, score.rot, 0.5, 0.01, noise.rot)
    torch.testing.assert_close(step.quat, quat)


def test_quaternion_signs_do_not_matter(process):
    rigid_t, rigid_0 = random_rigid(2, 6, seed=1), random_rigid(2, 6, seed=2)
    flipped = Rigid(
        quat_multiply(rigid_t.quat, -torch.tensor([1.0, 0, 0, 0]).double()), rigid_t.trans
    )
    torch.testing.assert_close(
        process.score(flipped, rigid_0, 0.3).rot, process.score(rigid_t, rigid_0, 0.3).rot
    )
