"""Ensembles: conversion, saving and loading, and failures while writing."""

from __future__ import annotations

import errno
import json
import os
import zipfile
from pathlib import Path

import mdtraj
import numpy as np
import pytest
import torch
from mdtraj.formats import PDBTrajectoryFile

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.ensembles.output_files import OutputError
from confdiff_widgets.geometry.atom14 import frames_and_torsions
from confdiff_widgets.geometry.residues import atom_names
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.structure import StructureError

SEQUENCE = "YYDPETGTWY"


@pytest.fixture(scope="module")
def ensemble(chignolin_heavy) -> Ensemble:
    """Return 22 conformers of MD, rebuilt from frames and torsions with ideal bonds."""
    md = chignolin_heavy
    found = frames_and_torsions(md.atom14.positions, md.mask, md.aatype)
    settings = {"gamma": 0.5, "gamma_per_step": [0.5, 1.0]}
    return Ensemble.from_frames(found.frames, found.torsions, SEQUENCE, settings)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- from frames ------------------------------------------------------------------------------


def test_atoms_follow_the_frames(ensemble, chignolin_heavy):
    assert len(ensemble) == 22
    assert ensemble.atom14.dtype == torch.float32
    assert ensemble.backbone.shape == (22, 10, 4, 3)
    np.testing.assert_allclose(ensemble.ca.mean(1), 0, atol=1e-5)
    real = chignolin_heavy.atom14.positions[:, :, 1]
    real = real - real.mean(1, keepdim=True)
    np.testing.assert_allclose(ensemble.ca, real, atol=2e-3)


@pytest.mark.parametrize("heavy", [False, True])
def test_trajectory(ensemble, heavy):
    trajectory = ensemble.trajectory(heavy=heavy)
    assert trajectory.n_frames == 22
    assert trajectory.topology.n_residues == 10
    names = [atom.name for atom in trajectory.topology.residue(0).atoms]
    assert names == (list(atom_names()["TYR"]) if heavy else ["N", "CA", "C", "O"])
    ca = trajectory.topology.select("name CA")
    np.testing.assert_allclose(trajectory.xyz[:, ca] * 10, ensemble.ca, atol=1e-5)


def test_table(ensemble):
    table = ensemble.table()
    assert {name: column.shape for name, column in table.items()} == dict.fromkeys(
        (
            "conformer",
            "radius_of_gyration",
            "end_to_end",
            "shortest_ca_distance",
            "longest_ca_bond",
        ),
        (22,),
    )
    ca = ensemble.ca[5].astype(float)
    distances = np.linalg.norm(ca[:, None] - ca[None], axis=-1)
    assert table["conformer"][5] == 5
    assert table["end_to_end"][5] == pytest.approx(distances[0, -1], rel=1e-4)
    assert table["longest_ca_bond"][5] == pytest.approx(np.diag(distances, 1).max(), rel=1e-4)
    assert table["shortest_ca_distance"][5] == pytest.approx(
        distances[np.triu_indices(10, 1)].min(), rel=1e-4
    )
    rg = np.sqrt(((ca - ca.mean(0)) ** 2).sum(-1).mean())
    assert table["radius_of_gyration"][5] == pytest.approx(rg, rel=1e-4)


def test_table_of_a_single_residue():
    table = Ensemble(torch.zeros(2, 1, 14, 3), "A").table()
    assert table["end_to_end"].tolist() == [0, 0]
    assert table["longest_ca_bond"].tolist() == [0, 0]


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("heavy", [False, True])
def test_pdb(ensemble, tmp_path, heavy):
    path = tmp_path / "a.pdb"
    assert ensemble.save(path, heavy=heavy) == [path]
    assert files_in(tmp_path) == ["a.pdb"]
    read, original = mdtraj.load(str(path)), ensemble.trajectory(heavy=heavy)
    assert [str(a) for a in read.topology.atoms] == [str(a) for a in original.topology.atoms]
    np.testing.assert_allclose(read.xyz, original.xyz, atol=0.5e-4 + 1e-6)  # 0.001 Å


@pytest.mark.parametrize("heavy", [False, True])
def test_xtc(ensemble, tmp_path, heavy):
    path, topology = tmp_path / "a.xtc", tmp_path / "a-topology.pdb"
    assert ensemble.save(path, heavy=heavy) == [path, topology]
    assert files_in(tmp_path) == ["a-topology.pdb", "a.xtc"]
    read, original = mdtraj.load(str(path), top=str(topology)), ensemble.trajectory(heavy=heavy)
    assert [str(a) for a in read.topology.atoms] == [str(a) for a in original.topology.atoms]
    np.testing.assert_allclose(read.xyz, original.xyz, atol=0.5e-3 + 1e-6)  # 0.01 Å
    first = mdtraj.load(str(topology))
    np.testing.assert_allclose(first.xyz, original.xyz[:1], atol=0.5e-4 + 1e-6)


def test_xtc_does_not_overwrite_a_pdb_of_the_same_name(ensemble, tmp_path):
    pdb = tmp_path / "a.pdb"
    ensemble.save(pdb)
    before = pdb.read_bytes()
    ensemble.save(tmp_path / "a.xtc")
    assert pdb.read_bytes() == before


def test_npz(ensemble, tmp_path):
    path = tmp_path / "a.npz"
    assert ensemble.save(path) == [path]
    read = Ensemble.load(path)
    assert torch.equal(read.atom14, ensemble.atom14)
    assert read.sequence == SEQUENCE
    assert read.settings == ensemble.settings
    with np.load(path, allow_pickle=False) as arrays:
        assert json.loads(str(arrays["settings"])) == ensemble.settings


@pytest.mark.parametrize("name", ["A.PDB", "A.XTC", "A.NPZ", "with space.pdb", "two.dots.npz"])
def test_file_names_are_kept(ensemble, tmp_path, name):
    ensemble.save(tmp_path / name)
    assert name in files_in(tmp_path)
    assert len(files_in(tmp_path)) == (2 if name.endswith("XTC") else 1)


def test_files_respect_the_umask(ensemble, tmp_path):
    before = os.umask(0o027)
    try:
        ensemble.save(tmp_path / "a.npz")
    finally:
        os.umask(before)
    assert (tmp_path / "a.npz").stat().st_mode & 0o777 == 0o640


def test_relative_paths(ensemble, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ensemble.save("a.xtc") == [Path("a.xtc"), Path("a-topology.pdb")]
    assert files_in(tmp_path) == ["a-topology.pdb", "a.xtc"]


def test_other_files_are_rejected(ensemble, tmp_path):
    text, foreign, cut = tmp_path / "text.npz", tmp_path / "foreign.npz", tmp_path / "cut.npz"
    text.write_text("no archive")
    np.savez(foreign, x=np.zeros(3))
    ensemble.save(cut)
    cut.write_bytes(cut.read_bytes()[:-200])
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, atom14=np.array([{}], dtype=object), sequence="A", settings="{}")
    for path in (text, foreign, cut, pickled, tmp_path / "missing.npz"):
        with pytest.raises(StructureError, match=path.name):
            Ensemble.load(path)


# --- failures while writing -------------------------------------------------------------------


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def broken_xtc(*_: object, **__: object) -> None:
    raise RuntimeError("XTC write error: 7")  # the message of mdtraj for a full disk


@pytest.mark.parametrize(
    ("name", "where", "failure", "message"),
    [
        ("a.pdb", (PDBTrajectoryFile, "write"), full_disk, "No space left"),
        ("a.xtc", (mdtraj.Trajectory, "save_xtc"), broken_xtc, "XTC write error"),
        # if the second of two files fails, the first must not appear
        ("a.xtc", (PDBTrajectoryFile, "write"), full_disk, "No space left"),
        ("a.npz", (np, "savez_compressed"), full_disk, "No space left"),
    ],
)
def test_a_full_disk_leaves_existing_files_unchanged(
    ensemble, tmp_path, monkeypatch, name, where, failure, message
):
    path = tmp_path / name
    ensemble.save(path)
    before = {file: (tmp_path / file).read_bytes() for file in files_in(tmp_path)}
    monkeypatch.setattr(*where, failure)
    with pytest.raises(OutputError, match=f"{message}.*Nothing was left behind"):
        Ensemble(2 * ensemble.atom14, SEQUENCE).save(path)
    assert {file: (tmp_path / file).read_bytes() for file in files_in(tmp_path)} == before


def test_a_partial_file_never_appears(ensemble, tmp_path, monkeypatch):
    """The disk is full after half of the file."""

    def write_half(file, **arrays):
        Path(file).write_bytes(b"PK")
        full_disk()

    monkeypatch.setattr(np, "savez_compressed", write_half)
    with pytest.raises(OutputError):
        ensemble.save(tmp_path / "a.npz")
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("name", ["a.pdb", "a.xtc", "a.npz"])
def test_a_limit_of_the_file_size(ensemble, tmp_path, name):
    """The kernel stops writing in the middle of the file, as on a full disk."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(OutputError, match="Nothing was left behind"):
            ensemble.save(tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files_in(tmp_path) == []


def test_npz_contains_no_pickles(ensemble, tmp_path):
    ensemble.save(tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert sorted(archive.namelist()) == ["atom14.npy", "sequence.npy", "settings.npy"]


def test_unknown_amino_acids_are_rejected():
    zero = torch.zeros(1)
    with pytest.raises(ValueError, match="'X' at position 2"):
        Ensemble.from_frames(Rigid(zero, zero), zero, "AX")


@pytest.mark.parametrize("kind", ["complex64", "int64", "bool"])
def test_positions_of_another_type_are_rejected(tmp_path, ensemble, kind):
    arrays = {"sequence": SEQUENCE, "settings": "{}", "atom14": ensemble.atom14.numpy()}
    np.savez(tmp_path / "a.npz", **{**arrays, "atom14": arrays["atom14"].astype(kind)})
    with pytest.raises(StructureError, match=f"atom14 contains values of type {kind}"):
        Ensemble.load(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", **{**arrays, "sequence": SEQUENCE[1:]})
    with pytest.raises(StructureError, match="for 9 residues"):
        Ensemble.load(tmp_path / "b.npz")
