"""Chains that are wrapped over the periodic box are read whole, from all formats with boxes."""

from __future__ import annotations

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.ensembles import load_atom14, read_ensemble
from confdiff_widgets.ensembles.periodic_boxes import atom14_bonds
from confdiff_widgets.geometry.residues import (
    LETTERS,
    encode_sequence,
    residue_tables,
)
from confdiff_widgets.geometry.structure import StructureError

BOXES = {
    "cubic": ([3.0, 3.0, 3.0], [90.0, 90.0, 90.0]),
    "triclinic": ([3.2, 3.2, 3.2], [60.0, 60.0, 90.0]),
}


def boxed(whole: mdtraj.Trajectory, box: str) -> mdtraj.Trajectory:
    """Return the frames with their box and times."""
    lengths, angles = (np.tile(values, (len(whole), 1)) for values in BOXES[box])
    return mdtraj.Trajectory(
        whole.xyz, whole.topology, time=10.0 * np.arange(len(whole)),
        unitcell_lengths=lengths, unitcell_angles=angles,
    )  # fmt: skip


def wrapped(whole: mdtraj.Trajectory, box: str, rng) -> mdtraj.Trajectory:
    """Move each frame anywhere, and put each atom into the box."""
    frames = boxed(whole, box)
    vectors = frames.unitcell_vectors
    shift = rng.uniform(-5, 5, (len(frames), 1, 3)).astype(np.float32)
    fractions = (frames.xyz + shift) @ np.linalg.inv(vectors)
    frames.xyz = (fractions % 1.0) @ vectors
    return frames


def distances(ca: np.ndarray) -> np.ndarray:
    return np.linalg.norm(ca[:, :, None] - ca[:, None], axis=-1)


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("ending", ["xtc", "trr", "dcd", "nc", "gro"])
@pytest.mark.parametrize("atoms", ["all", "name CA"])
def test_wrapped_chains_are_made_whole(tmp_path, chignolin_heavy, expected, box, ending, atoms):
    heavy, whole = chignolin_heavy.mdtraj, chignolin_heavy.atom14
    frames = wrapped(heavy, box, np.random.default_rng(3))
    frames = frames.atom_slice(frames.topology.select(atoms))
    torn = np.abs(np.diff(frames.xyz, axis=1)).max() > 1.0
    assert torn, "the test needs a broken chain"
    frames.save(str(tmp_path / f"run.{ending}"))
    if ending != "gro":
        frames[0].save_pdb(str(tmp_path / "run.pdb"))
    found = read_ensemble(tmp_path / f"run.{ending}")
    np.testing.assert_allclose(distances(found.ca), distances(expected), atol=0.05)
    assert not any("no chain has" in note for note in found.notes)
    if atoms == "all":
        loaded = load_atom14(tmp_path / f"run.{ending}")
        found, wanted = (part.positions[:, whole.mask].numpy() for part in (loaded, whole))
        np.testing.assert_allclose(distances(found), distances(wanted), atol=0.05)


def test_a_wrapped_pdb_file_is_made_whole(tmp_path, heavy, expected):
    wrapped(heavy, "cubic", np.random.default_rng(4)).save_pdb(str(tmp_path / "a.pdb"))
    found = read_ensemble(tmp_path / "a.pdb")
    np.testing.assert_allclose(distances(found.ca), distances(expected), atol=0.02)


@pytest.mark.parametrize("edge", [0.1, 0.45])
def test_whole_chains_in_tiny_boxes_are_unchanged(tmp_path, heavy, expected, edge):
    """PDB files of NMR have a box of 1 Å, and crystals of short peptides have cells of 5 Å."""
    frames = heavy[:]
    frames.unitcell_lengths = np.full((len(frames), 3), edge)
    frames.unitcell_angles = np.full((len(frames), 3), 90.0)
    frames.save_pdb(str(tmp_path / "a.pdb"))
    frames.save_xtc(str(tmp_path / "a.xtc"))
    for name in ("a.pdb", "a.xtc"):
        np.testing.assert_allclose(read_ensemble(tmp_path / name).ca, expected, atol=0.011)


def test_without_a_box_broken_frames_are_reported(tmp_path, heavy):
    frames = heavy[:]
    frames.xyz[[4, 9], 30:] += 3.0
    frames.save_dcd(str(tmp_path / "run.dcd"))
    heavy[0].save_pdb(str(tmp_path / "run.pdb"))
    (note,) = [n for n in read_ensemble(tmp_path / "run.dcd").notes if "no chain has" in n]
    assert "in 2 of 22 frames (frame 4, 9)" in note and "PRO4" in note


def test_topologies_with_another_order_of_atoms_are_refused(tmp_path, heavy):
    order = np.arange(heavy.n_atoms)
    first = [a.index for a in heavy.topology.atoms if a.residue.index == 4]
    order[first] = np.roll(first, 2)
    other = heavy[:]
    other.xyz = heavy.xyz[:, order]
    other.save_xtc(str(tmp_path / "run.xtc"))
    heavy[0].save_pdb(str(tmp_path / "run.pdb"))
    with pytest.raises(StructureError, match=r"does not fit its topology.*of GLU5"):
        read_ensemble(tmp_path / "run.xtc")


def test_every_atom_has_an_earlier_neighbour():
    mask = residue_tables().atom_mask[encode_sequence(LETTERS)].numpy()
    bonds = atom14_bonds(LETTERS, mask)
    assert (bonds[:, 0] < bonds[:, 1]).all()
    assert sorted(bonds[:, 1]) == np.flatnonzero(mask)[1:].tolist()
    without = mask.copy()
    without[LETTERS.index("L"), 5] = False  # CG of leucine
    ca = 14 * LETTERS.index("L") + 1
    assert [ca, ca + 5] in atom14_bonds(LETTERS, without).tolist()
