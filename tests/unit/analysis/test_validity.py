import numpy as np
import pytest

from confdiff_widgets.analysis import clash_free, unbroken, val_bond, val_clash


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
