"""Trajectories in chunks: the same frames as mdtraj, selected atoms, topologies and refusals."""

from __future__ import annotations

import shutil

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.ensembles.trajectory_files import iterate_frames, topology_of_trajectory
from confdiff_widgets.geometry.structure import StructureError


@pytest.mark.parametrize("ending", ["xtc", "trr", "dcd", "nc"])
def test_chunks_have_the_frames_and_atoms_of_the_file(chignolin_heavy, tmp_path, ending):
    whole = chignolin_heavy.mdtraj
    path = tmp_path / f"md.{ending}"
    whole.save(str(path))
    atoms = whole.topology.select("name CA")
    parts = list(iterate_frames(path, whole.topology, atoms, chunk=5))
    assert [len(part) for part in parts] == [5, 5, 5, 5, 2]
    xyz = np.concatenate([part.xyz for part in parts])
    np.testing.assert_allclose(xyz, whole.xyz[:, atoms], atol=2e-3)
    assert parts[0].topology.n_atoms == len(atoms)


def test_a_topology_next_to_the_trajectory_is_found(chignolin_heavy, tmp_path):
    shutil.copy(chignolin_heavy.trajectory_file, tmp_path / "md.xtc")
    with pytest.raises(StructureError, match=r"next to the trajectory as md-topology\.pdb"):
        topology_of_trajectory(tmp_path / "md.xtc")
    shutil.copy(chignolin_heavy.topology_file, tmp_path / "md-topology.pdb")
    found = topology_of_trajectory(tmp_path / "md.xtc")
    assert list(map(str, found.atoms)) == list(map(str, chignolin_heavy.mdtraj.topology.atoms))


def test_another_topology_is_refused(chignolin_heavy, trpcage):
    topology = trpcage.mdtraj.topology
    with pytest.raises(StructureError, match=f"not the {topology.n_atoms} of its topology"):
        list(iterate_frames(chignolin_heavy.trajectory_file, topology, np.arange(3)))


def test_missing_and_empty_files_are_refused(chignolin_heavy, tmp_path):
    topology = mdtraj.load_topology(str(chignolin_heavy.topology_file))
    with pytest.raises(StructureError, match=r"No such file: .*\. Check the path"):
        list(iterate_frames(tmp_path / "no.xtc", topology, np.arange(3)))
    (tmp_path / "empty.xtc").write_bytes(b"")
    with pytest.raises(StructureError):
        list(iterate_frames(tmp_path / "empty.xtc", topology, np.arange(3)))
