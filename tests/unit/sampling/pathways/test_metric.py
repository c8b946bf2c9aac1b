"""Metric of frames: invariances, consistency of distances, and removal of rigid motion."""

import pytest
import torch

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_multiply, quat_to_matrix, random_quat
from confdiff_widgets.sampling.pathways.metric import FrameMetric, inner, norm


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(3)


def chains(count, length, generator):
    quat = random_quat((count, length), generator=generator, dtype=torch.float64)
    return Rigid(quat, 4 * torch.randn(count, length, 3, generator=generator).double())


def moved(x, generator):
    """Apply a rigid motion to the whole chain."""
    turn = random_quat((1, 1), generator=generator, dtype=torch.float64)
    shift = torch.randn(1, 1, 3, generator=generator).double()
    trans = (quat_to_matrix(turn) @ x.trans[..., None])[..., 0] + shift
    return Rigid(quat_multiply(turn.expand_as(x.quat), x.quat), trans)


def test_distances_do_not_depend_on_rigid_motions(generator):
    metric = FrameMetric(6.0)
    x, y = chains(5, 7, generator), chains(4, 7, generator)
    expected = metric.distances(x, y)
    torch.testing.assert_close(metric.distances(moved(x, generator), y), expected)
    torch.testing.assert_close(metric.distances(y, x), expected.T)
    assert metric.distances(x, moved(x, generator)).diagonal().max() < 1e-5


def test_distance_is_the_length_of_the_tangent_vector_for_neighbours(generator):
    metric = FrameMetric(6.0)
    x = chains(3, 7, generator)
    step = metric.without_rigid_motion(x, 1e-3 * torch.randn(3, 7, 6, generator=generator).double())
    y = moved(metric.exp(x, step), generator)
    torch.testing.assert_close(metric.log(x, y), step, atol=1e-6, rtol=1e-3)
    torch.testing.assert_close(metric.distances(x, y).diagonal(), norm(step), atol=1e-7, rtol=1e-3)


def test_rotation_length_converts_radians(generator):
    metric = FrameMetric(6.0, invariant=False)
    x = chains(1, 1, generator)
    turn = torch.tensor([[[0, 0, 0, 0.6, 0, 0]]]).double()  # 0.1 rad
    assert float(metric.distances(x, metric.exp(x, turn))) == pytest.approx(0.6, rel=1e-3)


def test_rigid_motion_is_removed_and_nothing_else(generator):
    metric = FrameMetric(6.0)
    x = chains(2, 7, generator).center()
    tangent = torch.randn(2, 7, 6, generator=generator).double()
    kept = metric.without_rigid_motion(x, tangent)
    omega, shift = torch.randn(2, 3, generator=generator).double()
    turn = (x.rotmats.transpose(-1, -2) @ omega[:, None])[..., 0]
    rigid = torch.cat(
        [shift + torch.linalg.cross(omega.expand_as(x.trans), x.trans, dim=-1), 6.0 * turn], -1
    )
    torch.testing.assert_close(inner(kept, rigid), torch.zeros(2).double(), atol=1e-9, rtol=0)
    torch.testing.assert_close(metric.without_rigid_motion(x, kept), kept)
    torch.testing.assert_close(metric.without_rigid_motion(x, tangent + rigid), kept)
