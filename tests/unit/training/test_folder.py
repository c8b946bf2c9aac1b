"""Folders of trajectories and structures as training data."""

from __future__ import annotations

import shutil

import mdtraj
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.training.folder import find_proteins


@pytest.fixture
def trajectories(data_dir, tmp_path):
    for k in range(3):
        shutil.copy(data_dir / "chignolin_heavy.xtc", tmp_path / f"md_{k}.xtc")
    shutil.copy(data_dir / "chignolin_heavy.pdb", tmp_path / "start.pdb")
    return tmp_path


def test_trajectories_with_their_topology(trajectories):
    (protein,) = find_proteins(trajectories, "mine", skip=20)
    assert (protein.name, protein.topology) == ("mine", trajectories / "start.pdb")
    conformers = protein.read(trajectories)
    assert (len(conformers), conformers.sequence) == (6, "YYDPETGTWY")
    assert conformers.replica.tolist() == [0, 0, 1, 1, 2, 2]


def test_choice_of_the_topology(trajectories, data_dir):
    shutil.copy(data_dir / "trpcage.pdb", trajectories / "other.pdb")
    with pytest.raises(SettingsError, match="holds 2 structures next to its trajectories"):
        find_proteins(trajectories, "mine")
    chosen = trajectories / "start.pdb"
    (protein,) = find_proteins(trajectories, "mine", topology=chosen)
    assert protein.topology == chosen
    shutil.copy(chosen, trajectories / "topology.pdb")
    (protein,) = find_proteins(trajectories, "mine")
    assert protein.topology == trajectories / "topology.pdb"


def test_hidden_files_are_ignored(trajectories):
    for name in ("._md_0.xtc", "._start.pdb", ".DS_Store"):
        (trajectories / name).write_bytes(b"\0\5\x16\7")
    (protein,) = find_proteins(trajectories, "mine")
    assert protein.topology == trajectories / "start.pdb" and len(protein.files) == 3


def test_structures_are_grouped_by_sequence(data_dir, tmp_path):
    frames = mdtraj.load(
        str(data_dir / "chignolin_heavy.xtc"), top=str(data_dir / "chignolin_heavy.pdb")
    )
    for k in range(4):
        frames[k].save_pdb(str(tmp_path / f"a_{k}.pdb"))
    frames[4:9].save_pdb(str(tmp_path / "b_models.pdb"))
    (protein,) = find_proteins(tmp_path, "mine")
    assert protein.name == "mine" and len(protein.read(tmp_path)) == 9
    shutil.copy(data_dir / "trpcage.pdb", tmp_path / "cage.pdb")
    first, second = find_proteins(tmp_path, "mine")
    assert (first.name, second.name) == ("a_0", "cage")
    assert len(second.read(tmp_path).sequence) == 20


def test_folders_without_data_are_rejected(tmp_path):
    with pytest.raises(SettingsError, match="holds no trajectories and no structures"):
        find_proteins(tmp_path, "mine")
