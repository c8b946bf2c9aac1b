import mdtraj
import numpy as np
import pytest
import torch

from confdiff_widgets.geometry.residues import LETTERS
from confdiff_widgets.geometry.structure import (
    StructureError,
    from_trajectory,
    iterate_atom14,
    load_atom14,
    sequence_of,
    to_trajectory,
    topology_of,
)

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def chignolin(chignolin_heavy):
    return chignolin_heavy.atom14


def renamed(trajectory, number, residue=None, **atoms):
    """Return a copy with another name of a residue or of its atoms."""
    copy = trajectory[:]
    found = copy.topology.residue(number)
    found.name = residue or found.name
    for old, new in atoms.items():
        found.atom(old).name = new
    return copy


def test_reading_a_trajectory(chignolin_heavy, chignolin):
    assert chignolin.sequence == SEQUENCE
    assert chignolin.positions.shape == (22, 10, 14, 3)
    assert chignolin.positions.dtype == torch.float32
    # all heavy atoms except the terminal OXT are present
    assert chignolin.mask.sum() == chignolin_heavy.mdtraj.n_atoms - 1
    calphas = chignolin_heavy.mdtraj.topology.select("name CA")
    expected = torch.from_numpy(chignolin_heavy.mdtraj.xyz[:, calphas] * 10)
    torch.testing.assert_close(chignolin.positions[:, :, 1], expected)
    assert not chignolin.positions[:, ~chignolin.mask].any()


def test_hydrogens_are_ignored(trpcage):
    assert trpcage.atom14.sequence == "DAYAQWLADGGPSSGRPPPS"
    heavy = [a for a in trpcage.mdtraj.topology.atoms if a.element.symbol != "H"]
    assert trpcage.atom14.mask.sum() == len(heavy) - 1


@pytest.mark.parametrize("letters", [SEQUENCE, LETTERS])
def test_topologies(letters):
    backbone, heavy = topology_of(letters), topology_of(letters, heavy=True)
    for topology in (backbone, heavy):
        assert sequence_of(topology) == letters
        assert [r.resSeq for r in topology.residues] == list(range(1, len(letters) + 1))
        # mdtraj finds a bond for every atom, so that the names are standard
        assert all(topology.to_bondgraph().degree(a) for a in topology.atoms)
    assert backbone.n_atoms == 4 * len(letters)
    if letters == LETTERS:
        assert heavy.n_atoms == 167 + 1  # and OXT
    elements = {a.name: a.element.symbol for a in topology_of("MCW", heavy=True).atoms}
    assert (elements["SD"], elements["SG"], elements["NE1"]) == ("S", "S", "N")


@pytest.mark.parametrize("heavy", [False, True])
def test_mdtraj_round_trip(chignolin, heavy):
    trajectory = to_trajectory(chignolin.positions, SEQUENCE, heavy=heavy)
    again = from_trajectory(trajectory, sequence=SEQUENCE)
    mask = chignolin.mask if heavy else chignolin.mask & (torch.arange(14) < 4)
    assert torch.equal(again.mask, mask)
    difference = again.positions - chignolin.positions * mask[..., None]
    assert difference.abs().max() < 1e-5


@pytest.mark.parametrize("heavy", [False, True])
def test_pdb_round_trip(chignolin, tmp_path, heavy):
    path = tmp_path / "models.pdb"
    to_trajectory(chignolin.positions[:3], SEQUENCE, heavy=heavy).save_pdb(str(path))
    again = load_atom14(path, sequence=SEQUENCE)
    mask = chignolin.mask if heavy else chignolin.mask & (torch.arange(14) < 4)
    assert again.sequence == SEQUENCE and torch.equal(again.mask, mask)
    # PDB files have three decimals
    difference = again.positions - chignolin.positions[:3] * mask[..., None]
    assert difference.abs().max() < 6e-4


def test_mmcif_round_trip(chignolin, tmp_path):
    """A file with several models, as written by `confdiff sample -o a.cif`."""
    trajectory = to_trajectory(chignolin.positions, chignolin.sequence, heavy=True)
    trajectory.save(str(tmp_path / "a.cif"))
    back = load_atom14(tmp_path / "a.cif", sequence=chignolin.sequence)
    assert back.sequence == chignolin.sequence
    torch.testing.assert_close(
        back.positions.float(), chignolin.positions.float(), atol=2e-3, rtol=0
    )


def test_long_files_are_read_in_chunks(chignolin_heavy, chignolin):
    files = {"path": chignolin_heavy.trajectory_file, "topology": chignolin_heavy.topology_file}
    parts = list(iterate_atom14(**files, chunk=8))
    assert [len(p.positions) for p in parts] == [8, 8, 6]
    assert torch.equal(torch.cat([p.positions for p in parts]), chignolin.positions)


def test_force_field_names_are_recognised(chignolin):
    trajectory = to_trajectory(chignolin.positions[:1], SEQUENCE, heavy=True)
    assert sequence_of(renamed(trajectory, 2, residue="ASH").topology) == SEQUENCE
    isoleucine = to_trajectory(torch.rand(1, 2, 14, 3), "IA", heavy=True)
    charmm = from_trajectory(renamed(isoleucine, 0, CD1="CD"))
    torch.testing.assert_close(charmm.positions, from_trajectory(isoleucine).positions)
    assert charmm.mask[0].sum() == 8


def test_solvent_and_caps_are_ignored(chignolin):
    trajectory = to_trajectory(chignolin.positions[:2], SEQUENCE)
    topology = trajectory.topology
    cap = topology.add_residue("NME", topology.chain(0))
    water = topology.add_residue("HOH", topology.add_chain())
    for residue, name in ((cap, "N"), (cap, "C"), (water, "O")):
        topology.add_atom(name, mdtraj.element.get_by_symbol(name), residue)
    xyz = np.concatenate([trajectory.xyz, np.zeros((2, 3, 3), np.float32)], axis=1)
    found = from_trajectory(mdtraj.Trajectory(xyz, topology), sequence=SEQUENCE)
    assert found.positions.shape == (2, 10, 14, 3)


def test_another_sequence_is_rejected(chignolin):
    trajectory = to_trajectory(chignolin.positions, SEQUENCE)
    with pytest.raises(StructureError, match=r"YYDPETGTWY is not YYDPETGTWA \(differing at A10Y\)"):
        from_trajectory(trajectory, sequence="yydpetgtwa")
    with pytest.raises(StructureError, match=r"\(10 residues instead of 3\)\. Give a structure"):
        from_trajectory(trajectory, sequence="YYD")


def test_missing_backbone_atoms_are_rejected(chignolin):
    trajectory = renamed(to_trajectory(chignolin.positions, SEQUENCE), 4, CA="XA")
    with pytest.raises(StructureError, match=r"N, CA or C are missing in GLU5\. Complete"):
        from_trajectory(trajectory)
    for number in range(10):
        trajectory = renamed(trajectory, number, N="XN")
    with pytest.raises(StructureError, match="missing in TYR1, TYR2, ASP3, PRO4, GLU5 and others"):
        from_trajectory(trajectory)


def test_missing_carbonyl_oxygen_is_accepted(chignolin):
    found = from_trajectory(renamed(to_trajectory(chignolin.positions, SEQUENCE), 9, O="OT1"))
    assert found.mask[9, :4].tolist() == [True, True, True, False]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_coordinates_are_rejected(chignolin, value):
    trajectory = to_trajectory(chignolin.positions, SEQUENCE)
    trajectory.xyz[[4, 7], 3, 1] = value
    with pytest.raises(StructureError, match=r"NaN or infinite in 2 of 22 frames \(first: frame 4"):
        from_trajectory(trajectory)


def test_several_chains_are_rejected(chignolin):
    one = to_trajectory(chignolin.positions, SEQUENCE)
    with pytest.raises(
        StructureError, match=r"several protein chains: 0 \(10 residues\), 1 \(10 residues\)"
    ):
        from_trajectory(one.stack(one))


def test_modified_residues_are_rejected(chignolin):
    """If they were ignored, their neighbours would be joined."""
    trajectory = renamed(to_trajectory(chignolin.positions, SEQUENCE), 4, residue="SEP")
    with pytest.raises(StructureError, match=r"Modified residues SEP5\. Replace them"):
        from_trajectory(trajectory)


def test_files_without_protein_are_rejected():
    topology = mdtraj.Topology()
    residue = topology.add_residue("HOH", topology.add_chain())
    topology.add_atom("O", mdtraj.element.oxygen, residue)
    with pytest.raises(StructureError, match="No amino acids found; the residues are called HOH"):
        from_trajectory(mdtraj.Trajectory(np.zeros((1, 1, 3)), topology))


def test_missing_files_are_rejected(chignolin_heavy, tmp_path):
    with pytest.raises(StructureError, match=r"No such file: .*absent\.pdb"):
        load_atom14(tmp_path / "absent.pdb")
    with pytest.raises(StructureError, match=r"No such file: .*absent\.pdb"):
        load_atom14(chignolin_heavy.trajectory_file, topology=tmp_path / "absent.pdb")
    with pytest.raises(StructureError, match="No such file"):
        load_atom14(tmp_path)


def test_trajectory_without_topology_is_rejected(chignolin_heavy):
    with pytest.raises(StructureError, match=r"Cannot read .*xtc.*Give the matching topology"):
        load_atom14(chignolin_heavy.trajectory_file)


def test_wrong_topology_is_rejected(chignolin_heavy, trpcage):
    with pytest.raises(StructureError, match=r"Cannot read .*trpcage\.xtc.*another trajectory"):
        load_atom14(trpcage.trajectory_file, topology=chignolin_heavy.topology_file)


@pytest.mark.parametrize("name", ["noise.pdb", "noise.cif", "noise.gro", "noise.h5", "noise.foo"])
@pytest.mark.parametrize("content", [b"", b"hello\nworld\n", bytes(range(256))])
def test_unreadable_structures_are_rejected(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(StructureError, match=rf"{name}"):
        load_atom14(path)


def test_mmcif_without_atoms_is_rejected(tmp_path):
    path = tmp_path / "empty.cif"
    path.write_text("data_x\n_cell.length_a 1\n")
    with pytest.raises(StructureError, match=r"empty\.cif"):
        load_atom14(path)


def test_damaged_structure_is_rejected_with_a_hint(tmp_path, chignolin_heavy):
    path = tmp_path / "damaged.pdb"
    path.write_text(chignolin_heavy.topology_file.read_text().replace("-4.356", " *****", 1))
    with pytest.raises(StructureError, match=r"Cannot read .*damaged\.pdb.*empty, damaged"):
        load_atom14(path)


def test_truncated_trajectory_is_rejected(tmp_path, chignolin_heavy):
    path = tmp_path / "cut.xtc"
    path.write_bytes(chignolin_heavy.trajectory_file.read_bytes()[:5001])
    with pytest.raises(StructureError, match=r"Cannot read .*cut\.xtc"):
        load_atom14(path, topology=chignolin_heavy.topology_file)
