import numpy as np
import pytest

from confdiff_widgets.analysis import (
    backbone_clash_free,
    clash_free,
    unbroken,
    val_bond,
    val_clash,
)


def zigzag(spacings):
    x = np.zeros((len(spacings) + 1, 3))
    x[1:, 0] = np.cumsum(spacings)
    return x


def test_md_frames_are_valid(chignolin):
    assert val_clash(chignolin.ca) == 1
    assert val_bond(chignolin.ca) == 1


def test_each_conformer_counts_once():
    frames = np.stack(
        [
            zigzag([3.8, 3.8, 3.8]),
            zigzag([2.9, 3.8, 3.8]),  # neighbours too close
            zigzag([3.8, 4.3, 4.3]),  # broken twice
            zigzag([3.8, -3.8, 3.8]),  # residue 3 on residue 1
        ]
    )
    assert clash_free(frames).tolist() == [True, False, True, False]
    assert unbroken(frames).tolist() == [True, True, False, True]
    assert val_clash(frames) == 0.5
    assert val_bond(frames) == 0.75


def test_the_cutoffs_themselves_are_valid():
    assert clash_free(zigzag([3.0, 3.0])[None]).all()
    assert unbroken(zigzag([4.2, 4.2])[None], max_distance=4.2 + 1e-12).all()


def test_invalid_input_is_named_in_the_error(chignolin):
    with pytest.raises(ValueError, match=r"1 residue.*at least 2"):
        val_bond(chignolin.ca[:, :1])
    with pytest.raises(ValueError, match=r"expected \(N frames"):
        val_clash(chignolin.ca[0])


def test_gaps_in_the_residue_numbers_are_no_broken_bonds():
    ca = np.cumsum(np.tile([3.8, 0.0, 0.0], (6, 1)), axis=0)[None]
    ca[:, 3:, 0] += 5.0
    assert not unbroken(ca).any()
    assert unbroken(ca, residues=[1, 2, 3, 6, 7, 8]).all()
    ca[:, 5, 0] += 5.0
    assert not unbroken(ca, residues=[1, 2, 3, 6, 7, 8]).any(), "other bonds are still checked"


def test_backbone_clashes_equal_those_of_all_pairs_of_atoms():
    rng = np.random.default_rng(0)
    ca = np.cumsum(rng.normal(size=(60, 12, 1, 3)), axis=1) * 2.6
    backbone = ca + rng.normal(size=(60, 12, 4, 3))
    backbone[:, :, 1] = ca[:, :, 0]
    atoms, residue = backbone.reshape(60, 48, 3), np.repeat(np.arange(12), 4)
    far = np.abs(residue[:, None] - residue) >= 2
    distances = np.linalg.norm(atoms[:, :, None] - atoms[:, None], axis=-1)
    expected = ~((distances < 2.5) & far).any(axis=(1, 2))
    assert 0 < expected.sum() < 60
    np.testing.assert_array_equal(backbone_clash_free(backbone), expected)


def test_an_oxygen_near_a_nitrogen_two_residues_on_is_a_clash():
    backbone = np.zeros((2, 5, 4, 3))
    backbone[..., 0] = 10.0 * np.arange(5)[:, None] + np.array([-1.4, 0.0, 1.5, 2.2])
    backbone[:, 2, :, 0] -= 4.0  # CA atoms 1 and 3 stay 16 Å apart, and 2 and 1 are neighbours
    backbone[1, 3] = backbone[1, 1] + [0.0, 4.8, 0.0]
    backbone[1, 3, 0] = backbone[1, 1, 3] + [0.0, 2.4, 0.0]
    assert backbone_clash_free(backbone).tolist() == [True, False]
    assert clash_free(backbone[:, :, 1]).tolist() == [True, True]
