import pytest
import torch

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_normalize, random_quat


def random_rigid(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    trans = 10 * torch.randn(*shape, 3, generator=generator, dtype=torch.float64)
    return Rigid(random_quat(shape, generator=generator, dtype=torch.float64), trans)


@pytest.fixture
def points():
    generator = torch.Generator().manual_seed(9)
    return torch.randn(4, 5, 3, generator=generator, dtype=torch.float64)


def assert_same(a: Rigid, b: Rigid):
    torch.testing.assert_close(a.rotmats, b.rotmats, atol=1e-12, rtol=0)
    torch.testing.assert_close(a.trans, b.trans, atol=1e-12, rtol=0)


def test_apply_is_rotation_then_translation(points):
    rigid = random_rigid(4, 5)
    expected = torch.einsum("blij,blj->bli", rigid.rotmats, points) + rigid.trans
    torch.testing.assert_close(rigid.apply(points), expected)
    torch.testing.assert_close(rigid.apply(torch.zeros_like(points)), rigid.trans)


def test_compose_applies_the_argument_first(points):
    a, b = random_rigid(4, 5, seed=1), random_rigid(4, 5, seed=2)
    torch.testing.assert_close(a.compose(b).apply(points), a.apply(b.apply(points)))
    assert (a.compose(b).trans - b.compose(a).trans).abs().max() > 1


def test_compose_is_associative():
    a, b, c = (random_rigid(7, seed=k) for k in range(3))
    assert_same(a.compose(b).compose(c), a.compose(b.compose(c)))


def test_invert(points):
    rigid = random_rigid(4, 5)
    torch.testing.assert_close(rigid.invert().apply(rigid.apply(points)), points)
    torch.testing.assert_close(rigid.invert_apply(points), rigid.invert().apply(points))
    identity = rigid.compose(rigid.invert())
    torch.testing.assert_close(identity.rotmats, torch.eye(3).double().expand(4, 5, 3, 3))
    assert identity.trans.abs().max() < 1e-12


def test_backbone_frame_convention():
    """CA in the origin, C on the positive x axis, N in the xy plane with y > 0."""
    generator = torch.Generator().manual_seed(3)
    n, ca, c = torch.randn(3, 20, 3, generator=generator, dtype=torch.float64)
    rigid = Rigid.from_backbone(n, ca, c)
    assert (torch.linalg.det(rigid.rotmats) - 1).abs().max() < 1e-12
    torch.testing.assert_close(rigid.trans, ca)
    local_c, local_n = rigid.invert_apply(c), rigid.invert_apply(n)
    torch.testing.assert_close(local_c[:, 0], (c - ca).norm(dim=-1))
    assert local_c[:, 1:].abs().max() < 1e-12
    assert local_n[:, 2].abs().max() < 1e-12
    assert (local_n[:, 1] > 0).all()


def test_backbone_frames_move_with_the_atoms():
    generator = torch.Generator().manual_seed(4)
    atoms = torch.randn(3, 20, 3, generator=generator, dtype=torch.float64)
    motion = random_rigid(1)
    moved = Rigid.from_backbone(*motion.apply(atoms))
    assert_same(moved, motion[:].compose(Rigid.from_backbone(*atoms)))


def test_update_of_zero_changes_nothing():
    rigid = random_rigid(4, 5)
    assert_same(rigid.compose_update(torch.zeros(4, 5, 6, dtype=torch.float64)), rigid)


def test_update_is_a_composition_in_the_local_frame():
    rigid = random_rigid(4, 5)
    update = torch.randn(4, 5, 6, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    step = quat_normalize(torch.cat([torch.ones(4, 5, 1).double(), update[..., :3]], dim=-1))
    updated = rigid.compose_update(update)
    assert_same(updated, rigid.compose(Rigid(step, update[..., 3:])))
    assert (updated.quat.norm(dim=-1) - 1).abs().max() < 1e-14


def test_tensor7_round_trip():
    rigid = random_rigid(4, 5)
    tensor = rigid.to_tensor7()
    assert tensor.shape == (4, 5, 7)
    again = Rigid.from_tensor7(tensor)
    assert torch.equal(again.quat, rigid.quat) and torch.equal(again.trans, rigid.trans)


def test_center():
    centred = random_rigid(4, 5).center()
    assert centred.trans.mean(1).abs().max() < 1e-14
    rigid, mask = random_rigid(4, 5), torch.tensor([True, True, True, False, False]).expand(4, 5)
    masked = rigid.center(mask)
    assert_same(masked[:, :3], rigid[:, :3].center())
    assert not masked.trans[:, 3:].any()


def test_indexing_scaling_and_conversion():
    rigid = random_rigid(4, 5)
    assert rigid.shape == (4, 5)
    assert torch.equal(rigid[1, 2].trans, rigid.trans[1, 2])
    assert torch.equal(rigid[:, 1:3].quat, rigid.quat[:, 1:3])
    chosen = torch.tensor([3, 0])
    assert torch.equal(rigid[chosen].trans, rigid.trans[chosen])
    assert rigid[..., None].shape == (4, 5, 1) and rigid[None].shape == (1, 4, 5)
    assert torch.equal(rigid[..., 2].quat, rigid.quat[:, 2])
    assert torch.equal(rigid.scale(0.1).trans, rigid.trans * 0.1)
    assert torch.equal(rigid.scale(0.1).quat, rigid.quat)
    single = rigid.to(torch.float32)
    assert single.quat.dtype == single.trans.dtype == torch.float32
