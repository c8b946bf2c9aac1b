import math

import mdtraj
import numpy as np
import pytest
import torch

from confdiff_widgets.geometry.atom14 import build_atom14, frames_and_torsions
from confdiff_widgets.geometry.residues import LETTERS, encode_sequence, residue_tables
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import random_quat
from confdiff_widgets.geometry.structure import to_trajectory

OMEGA, PHI, PSI, CHI = 0, 1, 2, slice(3, 7)


@pytest.fixture(params=["chignolin_heavy", "trpcage"])
def md(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def random_residues():
    """Return all twenty amino acids, 40 times each, with random frames and torsions."""
    generator = torch.Generator().manual_seed(0)
    aatype = encode_sequence(LETTERS)
    frames = Rigid(
        random_quat((40, 20), generator=generator),
        20 * torch.randn(40, 20, 3, generator=generator),
    )
    angle = 2 * math.pi * torch.rand(40, 20, 7, generator=generator)
    return frames, torch.stack([angle.sin(), angle.cos()], dim=-1), aatype


def radian(torsion):
    return np.arctan2(torsion[..., 0].numpy(), torsion[..., 1].numpy())


def assert_same_angle(found, expected, tolerance):
    difference = np.angle(np.exp(1j * (found - expected)))
    assert np.abs(difference).max() < tolerance


def test_round_trip_of_random_torsions(random_residues):
    frames, torsions, aatype = random_residues
    mask = residue_tables().atom_mask[aatype].expand(40, 20, 14)
    atoms = build_atom14(frames, torsions, aatype)
    found = frames_and_torsions(atoms, mask, aatype)
    torch.testing.assert_close(found.frames.rotmats, frames.rotmats, atol=5e-5, rtol=0)
    torch.testing.assert_close(found.frames.trans, frames.trans, atol=1e-4, rtol=0)
    chi_mask = residue_tables().chi_mask[aatype]
    assert torch.equal(found.torsion_mask[:, :, CHI], chi_mask.expand(40, 20, 4))
    known = found.torsion_mask.clone()
    known[..., :PSI] = False  # omega and phi depend on the previous residue
    assert (found.torsions - torsions)[known].abs().max() < 1e-4
    again = build_atom14(found.frames, found.torsions, aatype)
    assert (again - atoms).abs().max() < 1e-3


def test_round_trip_of_real_structures(md):
    """Rebuilding idealises the structure once; a second round changes nothing (float32)."""
    x, mask = md.atom14.positions, md.mask
    assert x.dtype == torch.float32
    first = frames_and_torsions(x, mask, md.aatype)
    rebuilt = build_atom14(first.frames, first.torsions, md.aatype)
    second = frames_and_torsions(rebuilt, mask, md.aatype)
    again = build_atom14(second.frames, second.torsions, md.aatype)
    assert (again - rebuilt).abs().max() < 1e-3
    torch.testing.assert_close(second.frames.rotmats, first.frames.rotmats, atol=1e-4, rtol=0)
    assert (second.torsions - first.torsions)[..., PSI:, :].abs().max() < 1e-3
    # only bond lengths and angles differ, which vibrate in MD and are ideal here
    error = (rebuilt - x).norm(dim=-1)
    assert error[..., 1].max() < 1e-4  # CA
    assert error[..., :4].mean() < 0.1
    assert error[mask].mean() < 0.3


def test_absent_atoms_are_zero(random_residues):
    frames, torsions, aatype = random_residues
    atoms = build_atom14(frames, torsions, aatype)
    assert not atoms[:, ~residue_tables().atom_mask[aatype]].any()


def test_bonds_of_mdtraj_templates_are_bonds(random_residues):
    """Bonds of mdtraj's residue templates have ideal lengths for any torsions."""
    frames, torsions, aatype = random_residues
    atoms = build_atom14(frames, torsions, aatype)
    trajectory = to_trajectory(atoms, LETTERS, heavy=True)
    bonds = [
        b for b in trajectory.topology.bonds if b[0].residue == b[1].residue and b[1].name != "OXT"
    ]
    assert len(bonds) == 153  # 167 atoms - 20 residues + 6 rings
    pairs = [(a.index, b.index) for a, b in bonds]
    length = 10 * mdtraj.compute_distances(trajectory, pairs)
    # the ring of proline closes only for matching chi angles
    ring = [{a.name, b.name} == {"N", "CD"} for a, b in bonds]
    length, bonds = (
        length[:, ~np.array(ring)],
        [b for b, r in zip(bonds, ring, strict=True) if not r],
    )
    assert np.ptp(length, axis=0).max() < 1e-3
    assert length.min() > 1.2 and length.max() < 1.85
    known = {
        ("N", "CA"): 1.459, ("CA", "C"): 1.525, ("C", "O"): 1.231, ("CA", "CB"): 1.53,
        ("CZ", "OH"): 1.37, ("CB", "SG"): 1.808, ("SD", "CE"): 1.79, ("CE", "NZ"): 1.489,
    }  # fmt: skip
    for (a, b), value in zip(bonds, length[0], strict=True):
        expected = known.get((a.name, b.name))
        assert expected is None or abs(value - expected) < 0.03, (a, b)


def test_bond_lengths_agree_with_the_force_field(md):
    found = frames_and_torsions(md.atom14.positions, md.mask, md.aatype)
    ideal = build_atom14(found.frames, found.torsions, md.aatype)
    sequence = md.atom14.sequence
    trajectories = [to_trajectory(x, sequence, heavy=True) for x in (ideal, md.atom14.positions)]
    pairs = [
        (a.index, b.index) for a, b in trajectories[0].topology.bonds if a.residue == b.residue
    ]
    ideal, real = (10 * mdtraj.compute_distances(t, pairs).mean(0) for t in trajectories)
    assert np.abs(ideal - real).max() < 0.12
    assert np.abs(ideal - real).mean() < 0.03


def test_side_chains_are_left_handed_amino_acids(random_residues):
    frames, torsions, aatype = random_residues
    atoms = build_atom14(frames, torsions, aatype)
    n, ca, c, _, cb = atoms[:, aatype != LETTERS.index("G"), :5].unbind(-2)
    volume = (torch.linalg.cross(n - ca, c - ca, dim=-1) * (cb - ca)).sum(-1)
    # CO, R and N of L amino acids are clockwise seen from H
    assert (volume > 2).all()


def test_backbone_torsions_agree_with_mdtraj(md):
    found = frames_and_torsions(md.atom14.positions, md.mask, md.aatype)
    _, phi = mdtraj.compute_phi(md.mdtraj)
    _, omega = mdtraj.compute_omega(md.mdtraj)
    assert_same_angle(radian(found.torsions[:, 1:, PHI]), phi, 2e-3)
    assert_same_angle(radian(found.torsions[:, 1:, OMEGA]), omega, 2e-3)
    topology = md.mdtraj.topology
    oxygen = [[r.atom(n).index for n in ("N", "CA", "C", "O")] for r in topology.residues]
    opposite = mdtraj.compute_dihedrals(md.mdtraj, oxygen) + np.pi
    assert_same_angle(radian(found.torsions[:, :, PSI]), opposite, 2e-3)
    # up to the planarity of the peptide group, this is psi
    _, psi = mdtraj.compute_psi(md.mdtraj)
    assert_same_angle(radian(found.torsions[:, :-1, PSI]), psi, math.radians(35))


@pytest.mark.parametrize("k", range(4))
def test_chi_angles_agree_with_mdtraj(md, k):
    found = frames_and_torsions(md.atom14.positions, md.mask, md.aatype)
    compute = (
        mdtraj.compute_chi1, mdtraj.compute_chi2, mdtraj.compute_chi3, mdtraj.compute_chi4,
    )[k]  # fmt: skip
    atoms, chi = compute(md.mdtraj)
    if not len(atoms):
        assert not found.torsion_mask[..., 3 + k].any()
        return
    residues = [md.mdtraj.topology.atom(a[1]).residue.index for a in atoms]
    assert found.torsion_mask[0, residues, 3 + k].all()
    assert_same_angle(radian(found.torsions[:, residues, 3 + k]), chi, 2e-3)


@pytest.mark.parametrize("torsion", [PSI, 3, 4, 5, 6])
def test_a_torsion_moves_only_the_atoms_behind_its_bond(torsion):
    """Lysine has all four chi angles."""
    aatype = encode_sequence("K")
    frames = Rigid(torch.tensor([[1.0, 0, 0, 0]]).double(), torch.zeros(1, 3).double())
    angle = torch.full((1, 7), 0.4).double()
    torsions = torch.stack([angle.sin(), angle.cos()], dim=-1)
    turned = angle.clone()
    turned[:, torsion] += 1.0
    other = torch.stack([turned.sin(), turned.cos()], dim=-1)
    before, after = (build_atom14(frames, t, aatype)[0] for t in (torsions, other))
    moved = ((before - after).norm(dim=-1) > 1e-6).nonzero().flatten().tolist()
    assert moved == {PSI: [3], 3: [5, 6, 7, 8], 4: [6, 7, 8], 5: [7, 8], 6: [8]}[torsion]


def test_atoms_are_equivariant_under_rigid_motion(random_residues):
    frames, torsions, aatype = random_residues
    motion = Rigid(random_quat((1, 1)), torch.randn(1, 1, 3))
    moved = build_atom14(motion.compose(frames), torsions, aatype)
    expected = motion[..., None].apply(build_atom14(frames, torsions, aatype))
    exists = residue_tables().atom_mask[aatype]
    assert (moved - expected)[:, exists].abs().max() < 1e-3


def test_missing_atoms_leave_torsions_undefined(chignolin_heavy):
    mask = chignolin_heavy.mask.clone()
    mask[:, 2, 3] = False  # carbonyl oxygen
    mask[:, 4, 5] = False  # CG of glutamate: chi 1 to 3
    mask[:, 6, 2] = False  # C of glycine: its psi and the next residue's omega and phi
    found = frames_and_torsions(chignolin_heavy.atom14.positions, mask, chignolin_heavy.aatype)
    defined = found.torsion_mask[0]
    assert defined[2].tolist() == [True, True, False, True, True, False, False]
    assert defined[4].tolist() == [True, True, True, False, False, False, False]
    assert defined[6].tolist() == [False] * 7
    assert defined[7].tolist() == [False, False, True, True, False, False, False]
    assert not defined[0, :2].any()
    undefined = found.torsions[~found.torsion_mask]
    assert torch.equal(undefined, torch.tensor([0.0, 1.0]).expand_as(undefined))


def test_gradients_reach_frames_and_torsions():
    aatype = encode_sequence(LETTERS)
    quat = random_quat((1, 20), generator=torch.Generator().manual_seed(2)).requires_grad_()
    trans = torch.zeros(1, 20, 3, requires_grad=True)
    angle = torch.zeros(1, 20, 7, requires_grad=True)
    torsions = torch.stack([angle.sin(), angle.cos()], dim=-1)
    build_atom14(Rigid(quat, trans), torsions, aatype).square().sum().backward()
    for leaf in (quat, trans, angle):
        assert torch.isfinite(leaf.grad).all() and leaf.grad.any()
