"""Reading training data from heavy atoms and trajectories."""

import numpy as np
import pytest
import torch

from confdiff_widgets.geometry.structure import StructureError, to_trajectory
from confdiff_widgets.training.conformers import Conformers, read_conformers


def test_shapes_and_centre(chignolin_conformers, chignolin_heavy):
    c = chignolin_conformers
    assert len(c) == 22 and c.rigid.shape == (22, 10)
    assert c.torsions.shape == (22, 10, 7, 2) and c.torsion_mask.shape == (10, 7)
    assert c.backbone.shape == (22, 10, 4, 3)
    for tensor in (c.rigid.quat, c.rigid.trans, c.torsions, c.backbone):
        assert tensor.dtype == torch.float32
    assert c.rigid.trans.mean(1).abs().max() < 1e-4
    torch.testing.assert_close(c.rigid.trans, c.backbone[:, :, 1])
    # bond lengths and angles of the data are kept
    positions = chignolin_heavy.atom14.positions[:, :, :4]
    shift = positions - c.backbone
    assert (shift - shift[:, :1, :1]).abs().max() < 1e-4


def test_selection(chignolin_conformers):
    chosen = chignolin_conformers.select(chignolin_conformers.replica == 3)
    assert len(chosen) == 2 and chosen.replica.tolist() == [3, 3]
    assert torch.equal(chosen.backbone, chignolin_conformers.backbone[6:8])
    assert torch.equal(chosen.rigid.quat, chignolin_conformers.rigid.quat[6:8])
    assert torch.equal(chosen.torsions, chignolin_conformers.torsions[6:8])


def gap_in(trajectory):
    return trajectory.atom_slice(trajectory.topology.select("not resid 4 5"))


def torn(trajectory):
    copy = trajectory[:]
    copy.xyz[7, 50:] += 1.0
    return copy


def other_order(trajectory):
    copy = trajectory[:]
    copy.xyz = copy.xyz[:, ::-1]
    return copy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (gap_in, r"C–N of P4 and G5 \d+\.\d Å"),
        (torn, r"in 1 of 22 frames \(frame 7\)"),
        (other_order, "in 22 of 22 frames"),
    ],
)
def test_broken_chains_are_rejected(chignolin_heavy, tmp_path, change, words):
    changed = change(chignolin_heavy.mdtraj)
    changed.save_xtc(str(tmp_path / "a.xtc"))
    changed[0].save_pdb(str(tmp_path / "a.pdb"))
    with pytest.raises(StructureError, match=rf"a\.xtc has bonds that no chain has.*{words}"):
        read_conformers("mine", [tmp_path / "a.xtc"])


def test_missing_oxygens_are_rejected(chignolin_heavy):
    found = chignolin_heavy.atom14
    mask = found.mask.clone()
    mask[[2, 9], 3] = False
    with pytest.raises(StructureError, match=r"oxygens are missing in residues \[3, 10\] of x\."):
        Conformers.from_atom14("x", found.sequence, found.positions, mask, torch.zeros(22))


def test_reading_trajectories(chignolin_heavy, chignolin_conformers):
    files = [chignolin_heavy.trajectory_file] * 2
    keep = [np.arange(22) % 2 == 0, np.arange(22) < 9]
    found = read_conformers(
        "chignolin", files, chignolin_heavy.topology_file, sequence="YYDPETGTWY", skip=4, keep=keep
    )
    expected = torch.tensor([*range(4, 22, 2), *range(4, 9)])
    assert torch.equal(found.backbone, chignolin_conformers.backbone[expected])
    assert found.replica.tolist() == [0] * 9 + [1] * 5
    assert found.sequence == "YYDPETGTWY"


def test_empty_selections_are_rejected(chignolin_heavy):
    with pytest.raises(StructureError, match="No trajectories given for chignolin"):
        read_conformers("chignolin", [])
    files = [chignolin_heavy.trajectory_file]
    with pytest.raises(StructureError, match="No frames of chignolin are left after skipping 22"):
        read_conformers("chignolin", files, chignolin_heavy.topology_file, skip=22)


def test_a_selection_of_another_length_is_rejected(chignolin_heavy):
    with pytest.raises(StructureError, match=r"'keep' has 5 entries for .*, which has 22"):
        read_conformers(
            "chignolin",
            [chignolin_heavy.trajectory_file],
            chignolin_heavy.topology_file,
            keep=[np.ones(5)],
        )


def test_trajectories_of_two_proteins_are_rejected(chignolin_heavy, trpcage):
    with pytest.raises(StructureError, match=r"20 residues instead of 10"):
        read_conformers("mix", [chignolin_heavy.topology_file, trpcage.topology_file])


def test_only_atoms_of_all_files_are_used(chignolin_heavy, tmp_path):
    positions = chignolin_heavy.atom14.positions[:2]
    for name, heavy in (("heavy.pdb", True), ("backbone.pdb", False)):
        trajectory = to_trajectory(positions, "YYDPETGTWY", heavy=heavy)
        trajectory.save_pdb(str(tmp_path / name))
    for order in (["heavy.pdb", "backbone.pdb"], ["backbone.pdb", "heavy.pdb"]):
        found = read_conformers("chignolin", [tmp_path / name for name in order])
        assert found.torsion_mask[1].tolist() == [True] * 3 + [False] * 4
