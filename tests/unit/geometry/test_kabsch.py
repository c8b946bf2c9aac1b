import numpy as np
import pytest
import torch

from confdiff_widgets.geometry.kabsch import frame_points, kabsch_rotation, kabsch_transform
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_to_matrix, random_quat


@pytest.mark.parametrize("residues", [1, 2, 7])
def test_transform_recovers_a_motion_and_minimises_the_distance(residues):
    generator = torch.Generator().manual_seed(residues)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    def frames(*shape):
        return Rigid(
            random_quat(shape, generator=generator, dtype=torch.float64), 5 * normal(*shape, 3)
        )

    known, motion = frames(residues), frames(4)
    moved = motion[:, None].compose(known[None])
    found = kabsch_transform(frame_points(known), frame_points(moved))
    torch.testing.assert_close(found.rotmats, motion.rotmats)
    torch.testing.assert_close(found.trans, motion.trans)
    noisy = frame_points(moved) + 0.3 * normal(4, 3 * residues, 3)
    found = kabsch_transform(frame_points(known), noisy)
    assert torch.allclose(torch.linalg.det(found.rotmats), torch.ones(4, dtype=torch.float64))
    error = (found[:, None].apply(frame_points(known)) - noisy).pow(2).sum()
    other = (motion[:, None].apply(frame_points(known)) - noisy).pow(2).sum()
    assert error <= other + 1e-9


def test_arrays_and_tensors_give_the_same_proper_rotations():
    generator = torch.Generator().manual_seed(0)
    covariance = torch.randn(50, 3, 3, generator=generator, dtype=torch.float64)
    found = kabsch_rotation(covariance)
    np.testing.assert_allclose(kabsch_rotation(covariance.numpy()), found, atol=1e-12)
    torch.testing.assert_close(torch.linalg.det(found), torch.ones(50, dtype=torch.float64))
    others = quat_to_matrix(random_quat((200, 1), generator=generator, dtype=torch.float64))
    traces = torch.einsum("...ij,...ij", others, covariance)
    assert (torch.einsum("...ij,...ij", found, covariance) >= traces - 1e-9).all()
