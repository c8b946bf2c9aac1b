import mdtraj
import numpy as np
import pytest
import torch

from confdiff_widgets.geometry.residues import LETTERS
from confdiff_widgets.geometry.structure import (
    StructureError,
    select_heavy_atoms,
    sequence_of,
    to_trajectory,
    topology_of,
)

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def chignolin(chignolin_heavy):
    return chignolin_heavy.atom14


def from_trajectory(trajectory, **options):
    found = select_heavy_atoms(trajectory.topology, **options)
    return found.with_positions(trajectory.xyz[:, found.atoms])


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


def test_force_field_names_are_recognised(chignolin):
    trajectory = to_trajectory(chignolin.positions[:1], SEQUENCE, heavy=True)
    assert sequence_of(renamed(trajectory, 2, residue="ASH").topology) == SEQUENCE
    isoleucine = to_trajectory(torch.rand(1, 2, 14, 3), "IA", heavy=True)
    charmm = from_trajectory(renamed(isoleucine, 0, CD1="CD"))
    torch.testing.assert_close(charmm.positions, from_trajectory(isoleucine).positions)
    assert charmm.mask[0].sum() == 8


@pytest.mark.parametrize("name", ["O1", "OT1", "OC1"])
def test_names_of_terminal_oxygens_are_recognised(chignolin, name):
    found = from_trajectory(renamed(to_trajectory(chignolin.positions, SEQUENCE), 9, O=name))
    assert found.mask[9, :4].all()


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
    found = from_trajectory(renamed(to_trajectory(chignolin.positions, SEQUENCE), 9, O="OX"))
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
