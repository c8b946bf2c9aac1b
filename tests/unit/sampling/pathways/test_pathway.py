"""Paths of networks: units of the score, refusals, convergence and reproducibility."""

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_multiply, quat_to_matrix, random_quat
from confdiff_widgets.guidance import Schedule
from confdiff_widgets.guidance.guided_score import GuidedScore
from confdiff_widgets.sampling.pathways import PathConfig, Pathway, ends
from confdiff_widgets.sampling.pathways.density import NoisedDensity
from confdiff_widgets.sampling.pathways.metric import FrameMetric

from ..conftest import SEQUENCE


@pytest.fixture
def fold(gaussian_mix):
    return gaussian_mix.conditional.network.fold.clone()


@pytest.fixture
def points(fold):
    """Two conformers that are half a standard deviation from the mean."""
    generator = torch.Generator().manual_seed(2)
    trans = fold + 1.0 * torch.randn(2, 10, 3, generator=generator)
    quat = torch.zeros(2, 10, 4)
    quat[..., 0] = 1
    return Rigid(quat, trans).center()


@pytest.fixture
def make_path(gaussian_mix, points):
    def make(points=points, **settings):
        settings = {"images": 7, "t": 0.05, "iterations": 30} | settings
        return Pathway(gaussian_mix, SEQUENCE, PathConfig(**settings), points)

    return make


def test_score_is_in_units_of_angstrom(gaussian_mix, points, fold):
    """The scatter of the network's data and of the noise is known in Å."""
    guided, t = GuidedScore(gaussian_mix), 0.05
    density = NoisedDensity(guided, t, 1.0, 0.0, FrameMetric(5.0, invariant=False))
    r3 = guided.process.r3
    variance = (r3.alpha(t) * 2.0) ** 2 + r3.variance(t) / r3.scale**2
    expected = -(points.trans - r3.alpha(t) * fold) / variance
    torch.testing.assert_close(density(points).score[..., :3], expected, atol=1e-4, rtol=1e-3)
    # a step of positions by σ² s leads to the predicted structure (times α)
    step = density.step_sizes[0] * density(points).score[..., :3]
    predicted = r3.alpha(t) * density(points).structures.trans
    torch.testing.assert_close(points.trans + step, predicted, atol=1e-3, rtol=1e-3)


def test_iterating_relaxes_a_path_between_the_given_ends(make_path, points):
    path = make_path(tolerance=0.3)
    states = list(path)
    assert path.finished
    assert states[-1].iteration == len(states)
    # the interpolation is relaxed at t = 0.1 first
    assert [state.t for state in states[:9]] == [0.1] * 8 + [0.05]
    assert states[-1].arc.diff().std() < 0.05 * states[-1].arc.diff().mean()
    ensemble = path.ensemble()
    assert len(ensemble) == 7
    expected = points.center().trans[:, 0].norm(dim=-1)
    found = torch.from_numpy(ensemble.ca)[[0, -1]]
    torch.testing.assert_close(found[:, 0].norm(dim=-1), expected, atol=1e-3, rtol=1e-3)
    with pytest.raises(StopIteration):
        path.step()


def test_path_that_does_not_converge_is_kept_with_the_reason(make_path):
    path = make_path(tolerance=1e-6, iterations=21)
    for _ in path:
        pass
    assert not path.converged
    assert "has not converged after 29 iterations" in path.reason
    assert "of their spacing in 20 iterations, and the limit is 0%" in path.reason
    assert len(path.ensemble()) == 7


def test_zero_temperature_path_converges(make_path):
    path = make_path(zero_temperature=True, iterations=200, tolerance=0.01)
    for _ in path:
        pass
    assert path.converged
    assert path.reason == ""
    profile = path.profile()
    assert profile.values[0] == 0
    assert profile.arc[-1] == pytest.approx(float(path.state.arc[-1]))


@pytest.mark.parametrize("zero_temperature", [True, False])
def test_rotated_ends_give_the_same_path(tiny_cfg, points, zero_temperature, monkeypatch):
    monkeypatch.setattr(ends, "FARTHEST", float("inf"))  # the weights are random
    turn = random_quat((2, 1), generator=torch.Generator().manual_seed(5))
    trans = (quat_to_matrix(turn) @ points.trans[..., None])[..., 0] + 3.0
    turned = Rigid(quat_multiply(turn.expand_as(points.quat), points.quat), trans)
    config = PathConfig(images=5, t=0.05, iterations=3, zero_temperature=zero_temperature)
    states = [list(Pathway(tiny_cfg, SEQUENCE, config, x))[-1] for x in (points, turned)]
    torch.testing.assert_close(states[0].arc, states[1].arc, atol=1e-2, rtol=1e-3)


def test_same_seed_gives_the_same_path(make_path):
    paths = [make_path(iterations=3, seed=seed) for seed in (1, 1, 2)]
    for path in paths:
        for _ in path:
            pass
    first, same, other = (path.state.images.trans for path in paths)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_intermediates_are_on_the_initial_path(make_path, points):
    middle = Rigid(points.quat[:1], points.trans[:1] + 0.0)
    middle.trans[0, 4, 1] += 3.0
    three = Rigid(
        torch.cat([points.quat[:1], middle.quat, points.quat[1:]]),
        torch.cat([points.trans[:1], middle.trans, points.trans[1:]]),
    )
    path = make_path(three, images=40)
    process = path.guided.process
    entered = middle.center().scale(process.r3.alpha(0.05))
    assert path.metric.distances(entered, path.state.images).min() < 0.5


def test_refused_ends(make_path, points, gaussian_mix):
    with pytest.raises(
        SettingsError, match=r"The start and The end are the same structure.*0.00 Å"
    ):
        make_path(points[[0, 0]])
    far = Rigid(points.quat, points.trans + 0.0)
    far.trans[1, ::2, 2] += 25.0
    with pytest.raises(SettingsError, match=r"The end is outside of the model's data.* \d+\.\d Å"):
        make_path(far)
    with pytest.raises(SettingsError, match="The ends have 9 residues and the sequence 10"):
        make_path(points[:, :9])
    with pytest.raises(SettingsError, match="needs a start and an end"):
        make_path(points[:1])


def test_refused_settings(make_path):
    with pytest.raises(SettingsError, match=r"images is 2\. Give a whole number from 3 to 1000"):
        PathConfig(images=2)
    with pytest.raises(SettingsError, match="gamma depends on t"):
        PathConfig(gamma=Schedule(1.0, 0.5, 0.1))
    with pytest.raises(SettingsError, match=r"η = 0\.5 needs physical guidance"):
        make_path(eta=0.5)
    with pytest.raises(SettingsError, match=r"t is 0\.001"):
        make_path(t=0.001)
    assert PathConfig(temperature=360.0).eta == pytest.approx(0.5)
