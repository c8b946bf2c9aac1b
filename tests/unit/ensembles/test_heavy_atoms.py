"""Heavy atoms from structures, trajectories and NPZ files."""

from __future__ import annotations

import shutil

import pytest
import torch

from confdiff_widgets.ensembles.heavy_atoms import iterate_atom14, load_atom14
from confdiff_widgets.geometry.structure import StructureError, to_trajectory

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def chignolin(chignolin_heavy):
    return chignolin_heavy.atom14


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


def test_missing_files_are_rejected(chignolin_heavy, tmp_path):
    with pytest.raises(StructureError, match=r"No such file: .*absent\.pdb"):
        load_atom14(tmp_path / "absent.pdb")
    with pytest.raises(StructureError, match=r"No such file: .*absent\.pdb"):
        load_atom14(chignolin_heavy.trajectory_file, topology=tmp_path / "absent.pdb")
    with pytest.raises(StructureError, match="No such file"):
        load_atom14(tmp_path)


def test_trajectory_without_topology_is_rejected(chignolin_heavy, tmp_path):
    alone = shutil.copy(chignolin_heavy.trajectory_file, tmp_path / "alone.xtc")
    with pytest.raises(StructureError, match=r"alone\.xtc has no topology"):
        load_atom14(alone)


def test_wrong_topology_is_rejected(chignolin_heavy, trpcage):
    with pytest.raises(
        StructureError, match=r"trpcage\.xtc has 272 atoms, not the 93 of its topology"
    ):
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
