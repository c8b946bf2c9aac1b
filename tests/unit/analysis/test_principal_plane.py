"""Principal plane of CA–CA distances: axes, invariance, and free energy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from confdiff_widgets.analysis.features import ca_distances
from confdiff_widgets.analysis.principal_plane import PrincipalPlane


@pytest.fixture
def hinge():
    """Chains of 5 atoms that open at one angle, (300, 5, 3) Å."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0.6, 2.6, 300)
    arm = np.arange(1, 3)[None, :, None] * 3.8
    bent = np.stack([np.cos(angle), np.sin(angle), np.zeros(300)], axis=-1)[:, None]
    first, second = arm * np.array([1.0, 0, 0]) + np.zeros((300, 1, 1)), arm * bent
    ca = np.concatenate([first[:, ::-1], np.zeros((300, 1, 3)), second], axis=1)
    return ca + rng.normal(0, 0.02, ca.shape), angle


def test_the_first_component_is_the_motion_and_grows_with_the_distances(hinge):
    ca, angle = hinge
    plane = PrincipalPlane.fit(ca)
    coordinates = plane.transform(ca)
    assert coordinates.shape == (300, 2)
    assert plane.variance[0] > 0.9
    assert abs(np.corrcoef(coordinates[:, 0], angle)[0, 1]) > 0.98
    assert np.corrcoef(coordinates[:, 0], ca_distances(ca).sum(1))[0, 1] > 0.98
    np.testing.assert_allclose(plane.components @ plane.components.T, np.eye(2), atol=1e-9)
    np.testing.assert_allclose(coordinates.mean(0), 0, atol=1e-9)


def test_rotations_and_translations_change_nothing(hinge):
    ca, _ = hinge
    plane = PrincipalPlane.fit(ca)
    turn = Rotation.random(300, random_state=1).as_matrix()
    moved = np.einsum("nij,nlj->nli", turn, ca) + 7.0
    np.testing.assert_allclose(plane.transform(moved), plane.transform(ca), atol=1e-9)


def test_the_free_energy_keeps_a_given_grid(hinge):
    ca, _ = hinge
    plane = PrincipalPlane.fit(ca)
    first = plane.free_energy(ca, 300)
    second = plane.free_energy(ca[:100], 400, like=first)
    assert first.temperature_k == 300 and first.n_frames == 300 and np.nanmin(first.values) == 0
    np.testing.assert_array_equal(first.x_edges, second.x_edges)
    assert second.n_frames == 100


def test_few_conformers_are_refused(hinge):
    with pytest.raises(ValueError, match="at least 3"):
        PrincipalPlane.fit(hinge[0][:2])
