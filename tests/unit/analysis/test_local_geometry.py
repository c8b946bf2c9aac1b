import mdtraj
import numpy as np
import pytest

from confdiff_widgets.analysis import angle, chiral_volume, dihedral, local_geometry


@pytest.fixture(scope="module")
def as_mdtraj(chignolin, to_mdtraj):
    return to_mdtraj(chignolin.backbone)


@pytest.mark.parametrize("name", ["phi", "psi", "omega"])
def test_torsions_agree_with_mdtraj(chignolin, as_mdtraj, name):
    _, expected = getattr(mdtraj, f"compute_{name}")(as_mdtraj)
    found = getattr(local_geometry(chignolin.backbone), name)
    difference = (found - np.degrees(expected) + 180) % 360 - 180
    assert np.abs(difference).max() < 0.01


def test_lengths_and_angles_agree_with_mdtraj(chignolin, as_mdtraj):
    found = local_geometry(chignolin.backbone)
    c, n = np.arange(9) * 4 + 2, np.arange(9) * 4 + 4
    peptide = mdtraj.compute_distances(as_mdtraj, np.stack([c, n], axis=1)) * 10
    assert np.allclose(found.c_n, peptide, atol=1e-4)
    at_ca = np.arange(10)[:, None] * 4 + np.array([[0, 1, 2]])
    expected = np.degrees(mdtraj.compute_angles(as_mdtraj, at_ca))
    assert np.allclose(found.n_ca_c, expected, atol=0.01)


def test_md_has_textbook_geometry(chignolin):
    summary = local_geometry(chignolin.backbone).summary()
    textbook = {"ca_ca": 3.8, "n_ca": 1.46, "ca_c": 1.52, "c_n": 1.33, "c_o": 1.23}
    for name, length in textbook.items():
        assert summary[name][0] == pytest.approx(length, abs=0.08), name
    assert summary["omega"][0] == pytest.approx(180, abs=3)
    assert summary["omega"][1] < 15
    assert local_geometry(chignolin.backbone).cis_fraction == 0


def test_dihedrals_have_the_iupac_sign():
    # looking from b to c (along z), d is turned clockwise from a by 30 degrees
    turn = np.radians(30)
    a, b, c = np.array([0, 1.0, 0]), np.zeros(3), np.array([0, 0, 1.0])
    # seen along +z, with y up, x points left: clockwise from y is towards -x
    d = c + np.array([-np.sin(turn), np.cos(turn), 0])
    assert dihedral(a, b, c, d) == pytest.approx(30)
    assert dihedral(a * [-1, 1, 1], b, c, d * [-1, 1, 1]) == pytest.approx(-30)
    assert angle([1, 0, 0], [0, 0, 0], [0, 2, 0]) == pytest.approx(90)


def test_omega_near_180_averages_to_180_not_to_0():
    found = local_geometry(ladder([179.0, -179.0]))
    mean, sd = found.summary()["omega"]
    assert mean == pytest.approx(180)
    assert sd == pytest.approx(1)


def test_cis_peptides_are_counted():
    assert local_geometry(ladder([0.0, 180.0, 20.0, 160.0])).cis_fraction == 0.5


def ladder(omegas):
    """Build frames of two residues with the given omega."""
    frames = []
    for omega in np.radians(omegas):
        x = np.zeros((2, 4, 3))
        x[0] = [[-1, -1, 0.5], [0, 1.5, 0], [0, 0, 0], [-1, -0.5, 0]]
        x[1, 0] = [0, 0, 1.3]
        x[1, 1] = [1.4 * np.sin(-omega), 1.4 * np.cos(omega), 1.8]
        x[1, 2], x[1, 3] = x[1, 1] + [0, 0.5, 1.4], x[1, 1] + [0, 1, 2]
        frames.append(x)
    return np.stack(frames)


def test_values_are_invariant_under_rigid_motion(chignolin, moved):
    before = local_geometry(chignolin.backbone).summary()
    after = local_geometry(moved(chignolin.backbone)).summary()
    for name, mean_and_sd in before.items():
        assert after[name] == pytest.approx(mean_and_sd), name


def test_chiral_volume_is_positive_for_l_residues_and_negative_for_mirror_images(chignolin):
    backbone, cb = chignolin.folded[None], chignolin.folded_cb[None]
    volume = chiral_volume(backbone, cb)[0]
    assert np.isnan(volume).tolist() == [letter == "G" for letter in "YYDPETGTWY"]
    assert np.nanmin(volume) > 2
    mirror = np.array([1.0, 1.0, -1.0])
    assert np.allclose(chiral_volume(backbone * mirror, cb * mirror)[0], -volume, equal_nan=True)


def test_invalid_input_is_named_in_the_error(chignolin):
    with pytest.raises(ValueError, match=r"4 atoms N-CA-C-O"):
        local_geometry(chignolin.ca)
    with pytest.raises(ValueError, match=r"shape \(200, 10, 3, 3\)"):
        local_geometry(chignolin.backbone[:, :, :3])
    with pytest.raises(ValueError, match="NaN"):
        local_geometry(chignolin.backbone * np.nan)
    with pytest.raises(ValueError, match="cb has shape"):
        chiral_volume(chignolin.backbone, chignolin.folded_cb)
