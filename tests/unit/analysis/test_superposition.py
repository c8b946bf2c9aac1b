import mdtraj
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from confdiff_widgets.analysis import (
    ca_rmsd,
    nearest_rmsd,
    paired_rmsd,
    rmsd_matrix,
    superpose,
    superposition,
)


def scipy_rmsd(x, y):
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    _, total = Rotation.align_vectors(y, x)
    return total / np.sqrt(len(x))


def test_rmsd_agrees_with_mdtraj(chignolin, to_mdtraj):
    frames, target = to_mdtraj(chignolin.ca), to_mdtraj(chignolin.folded_ca[None])
    expected = mdtraj.rmsd(frames, target) * 10
    assert np.allclose(ca_rmsd(chignolin.ca, chignolin.folded_ca), expected, atol=1e-4)


def test_rmsd_agrees_with_scipy(chignolin):
    expected = [scipy_rmsd(x, chignolin.folded_ca) for x in chignolin.ca[:20]]
    assert np.allclose(ca_rmsd(chignolin.ca[:20], chignolin.folded_ca), expected, atol=1e-7)


def test_matrix_pairs_and_superposition_agree(chignolin):
    a, b = chignolin.ca[:60], chignolin.ca[100:140]
    matrix = rmsd_matrix(a, b)
    assert np.allclose(matrix[:, 7], ca_rmsd(a, b[7]), atol=1e-9)
    assert np.allclose(np.diag(matrix), paired_rmsd(a[:40], b), atol=1e-9)


def test_matrix_with_itself_is_symmetric_and_zero_on_the_diagonal(chignolin):
    matrix = rmsd_matrix(chignolin.ca[:50])
    assert np.allclose(matrix, matrix.T, atol=1e-9)
    assert np.abs(np.diag(matrix)).max() < 1e-5


def test_values_are_invariant_under_rigid_motion(chignolin, moved):
    turned = moved(chignolin.ca)
    assert ca_rmsd(turned[:1], chignolin.ca[0])[0] < 1e-9
    assert np.abs(paired_rmsd(turned, chignolin.ca)).max() < 1e-4
    assert np.allclose(rmsd_matrix(turned[:30]), rmsd_matrix(chignolin.ca[:30]), atol=1e-4)
    superposed = superpose(turned, chignolin.folded_ca)
    assert np.allclose(superposed, superpose(chignolin.ca, chignolin.folded_ca), atol=1e-9)


def test_mirror_images_are_not_superposed(chignolin):
    mirrored = chignolin.folded_ca[None] * [-1, 1, 1]
    assert ca_rmsd(mirrored, chignolin.folded_ca)[0] > 1
    expected = scipy_rmsd(mirrored[0], chignolin.folded_ca)
    assert paired_rmsd(mirrored, chignolin.folded_ca[None])[0] == pytest.approx(expected, abs=1e-7)


def test_superposed_frames_share_the_centre_and_keep_their_shape(chignolin):
    superposed = superpose(chignolin.ca, chignolin.folded_ca)
    assert np.allclose(superposed.mean(axis=1), chignolin.folded_ca.mean(axis=0))
    assert np.abs(paired_rmsd(superposed, chignolin.ca)).max() < 1e-4


def test_rmsd_of_a_stretched_line():
    # the quartic has double roots for straight chains, the most difficult case
    steps = np.arange(5) - 2.0
    a, b = (np.outer(steps, [d, 0, 0])[None] for d in (3.0, 4.0))
    expected = np.sqrt(2.0)  # sqrt(mean(steps²)) * 1 Å
    assert ca_rmsd(a, b[0])[0] == pytest.approx(expected)
    assert paired_rmsd(a, b)[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("block", [7, 64, 1 << 16])
def test_nearest_is_the_minimum_of_the_matrix_for_any_block_size(chignolin, monkeypatch, block):
    monkeypatch.setattr(superposition, "_PAIRS_PER_BLOCK", block)
    sample, training = chignolin.ca[:23], chignolin.ca[50:97]
    expected = [min(ca_rmsd(training, x)) for x in sample]
    assert np.allclose(nearest_rmsd(sample, training), expected, atol=1e-8)


def test_nearest_of_a_copy_is_zero(chignolin, moved):
    assert nearest_rmsd(moved(chignolin.ca[:10]), chignolin.ca).max() < 1e-4


def test_invalid_input_is_named_in_the_error(chignolin):
    with pytest.raises(ValueError, match="mobile has 9 residues and target has 10"):
        superpose(chignolin.ca[:, 1:], chignolin.folded_ca)
    with pytest.raises(ValueError, match=r"expected one structure.*Select a frame"):
        ca_rmsd(chignolin.ca, chignolin.ca)
    with pytest.raises(ValueError, match="pairs need equal shapes"):
        paired_rmsd(chignolin.ca[:2], chignolin.ca[:3])
    with pytest.raises(ValueError, match="training has NaN"):
        nearest_rmsd(chignolin.ca, chignolin.ca * np.nan)
