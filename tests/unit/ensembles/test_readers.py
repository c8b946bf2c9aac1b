"""Reading of the same conformers from all supported formats."""

from __future__ import annotations

import gzip
import os
import shutil
from functools import partial

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.ensembles import Ensemble, EnsembleData, read_ensemble
from confdiff_widgets.ensembles import readers as reader_module
from confdiff_widgets.ensembles.trajectory_files import iterate_frames
from confdiff_widgets.geometry.structure import StructureError

from ..foreign_files import SEQUENCE

FORMATS = (
    "models.pdb",
    "models.cif",
    "known.xtc",
    "singles",
    "alphafold",
    "bioemu",
    "ca.npz",
    "bioemu.npz",
    "trace.pdb",
)


@pytest.mark.parametrize("source", FORMATS)
def test_all_formats_give_the_same_conformers(files, expected, source):
    found = read_ensemble(files / source, sequence=SEQUENCE)
    assert found.sequence == SEQUENCE
    assert found.name == source.split(".")[0]
    np.testing.assert_allclose(found.ca, expected, atol=0.011)  # PDB and XTC: 0.001 and 0.01 Å
    only_ca = source in ("ca.npz", "bioemu.npz", "trace.pdb")
    assert (found.backbone is None) == only_ca
    assert any("CA atoms only" in note for note in found.notes) == only_ca
    if found.backbone is not None:
        np.testing.assert_array_equal(found.backbone[:, :, 1], found.ca)
        bonds = np.linalg.norm(found.backbone[:, :, 0] - found.backbone[:, :, 1], axis=-1)
        np.testing.assert_allclose(bonds, 1.46, atol=0.15)


@pytest.mark.parametrize("source", ["run.dcd", "run.xtc"])
def test_a_trajectory_with_a_topology(files, expected, source):
    found = read_ensemble(files / source, topology=files / "top.pdb")
    np.testing.assert_allclose(found.ca, expected, atol=0.011)
    assert found.frame_ps == (20.0 if source == "run.xtc" else None)


def test_npz_of_this_package(tmp_path, chignolin_heavy, expected):
    Ensemble(chignolin_heavy.atom14.positions, SEQUENCE, {}).save(tmp_path / "own.npz")
    found = read_ensemble(tmp_path / "own.npz")
    np.testing.assert_allclose(found.ca, expected, atol=1e-4)
    assert found.backbone.shape == (22, 10, 4, 3)


@pytest.mark.parametrize(
    ("most", "spacing"), [(100, 1), (22, 1), (21, 2), (11, 2), (5, 8), (2, 16)]
)
def test_long_trajectories_are_thinned_evenly(files, expected, monkeypatch, most, spacing):
    monkeypatch.setattr(reader_module, "iterate_frames", partial(iterate_frames, chunk=3))
    seen = []
    found = read_ensemble(files / "known.xtc", max_frames=most, progress=seen.append)
    np.testing.assert_allclose(found.ca, expected[::spacing], atol=0.011)
    assert len(found) <= most
    assert seen == [3, 6, 9, 12, 15, 18, 21, 22]
    assert found.frame_ps == 20.0 * spacing
    assert ("every" in " ".join(found.notes)) == (spacing > 1)


def test_incomplete_backbones_are_reduced_to_ca_atoms(tmp_path, heavy, expected):
    holes = heavy.atom_slice(heavy.topology.select("not (resid 3 and name O)"))
    holes.save_pdb(tmp_path / "holes.pdb")
    found = read_ensemble(tmp_path / "holes.pdb")
    np.testing.assert_allclose(found.ca, expected, atol=0.011)
    assert found.backbone is None
    assert found.notes[0] == "N, C or O missing in PRO4" and "CA atoms only" in found.notes[1]


def test_files_in_a_folder_are_sorted_by_number(files, expected):
    found = read_ensemble(files / "singles")
    np.testing.assert_allclose(found.ca[10], expected[10], atol=0.011)  # sample_10 after sample_9


@pytest.mark.parametrize("source", ["singles", "alphafold", "bioemu"])
def test_hidden_files_in_a_folder_are_ignored(files, expected, tmp_path, source):
    folder = shutil.copytree(files / source, tmp_path / source)
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        file.with_name(f"._{file.name}").write_bytes(b"\0\5\x16\7")
    np.testing.assert_allclose(read_ensemble(folder).ca, expected, atol=0.011)


@pytest.mark.parametrize("kind", [np.complex64, np.bool_, str])
def test_arrays_of_other_types_are_rejected(tmp_path, expected, kind):
    path = save(tmp_path, "odd.npz", ca=expected.astype(kind), sequence=SEQUENCE)
    with pytest.raises(StructureError, match="Coordinates are real numbers"):
        read_ensemble(path)


def test_gaps_in_the_residue_numbers_are_no_broken_bonds(tmp_path, heavy):
    gap = heavy.atom_slice(heavy.topology.select("not resid 4 5"))
    gap.save_pdb(tmp_path / "gap.pdb")
    assert not any("no chain has" in note for note in read_ensemble(tmp_path / "gap.pdb").notes)
    for number, residue in enumerate(gap.topology.residues, start=1):
        residue.resSeq = number
    gap.save_pdb(tmp_path / "glued.pdb")
    (note,) = [n for n in read_ensemble(tmp_path / "glued.pdb").notes if "no chain has" in n]
    assert "in 22 of 22 frames: C–N of PRO4 and GLY5" in note


def psf(topology) -> str:
    """Return the topology in the format of CHARMM and NAMD."""
    atoms = [
        f"{a.index + 1:8} PROA {a.residue.resSeq:<4} {a.residue.name:<4} {a.name:<4} X      0.0"
        f"       12.0           0"
        for a in topology.atoms
    ]
    bonds = [f"{a.index + 1:8}{b.index + 1:8}" for a, b in topology.bonds]
    return "\n".join(
        ["PSF", "", "       1 !NTITLE", " REMARKS test", "", f"{len(atoms):8} !NATOM", *atoms, "",
         f"{len(bonds):8} !NBOND: bonds", *bonds, ""]
    )  # fmt: skip


@pytest.mark.parametrize("name", ["top.psf", "top.psf.gz"])
def test_topologies_without_coordinates(files, heavy, expected, tmp_path, name):
    text = psf(heavy.topology).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    found = read_ensemble(files / "run.xtc", topology=tmp_path / name)
    np.testing.assert_allclose(found.ca, expected, atol=0.011)
    assert found.backbone is not None
    (tmp_path / "bad.prmtop").write_text("nothing")
    with pytest.raises(StructureError, match=r"Cannot read .*bad\.prmtop") as caught:
        read_ensemble(files / "run.xtc", topology=tmp_path / "bad.prmtop")
    assert "copy." not in str(caught.value)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["a.pdb", "a.xtc", "a.npz", "a.gro"])
def test_pipes_are_refused(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(StructureError, match="No such file"):
        read_ensemble(tmp_path / name)


def test_water_and_other_chains_are_ignored(tmp_path, heavy, expected):
    water = mdtraj.Topology()
    chain = water.add_chain()
    for _ in range(3):
        residue = water.add_residue("HOH", chain)
        water.add_atom("O", mdtraj.element.oxygen, residue)
    solvent = mdtraj.Trajectory(np.zeros((22, 3, 3)), water)
    heavy.stack(solvent).save_pdb(tmp_path / "wet.pdb")
    np.testing.assert_allclose(read_ensemble(tmp_path / "wet.pdb").ca, expected, atol=0.011)
    short = heavy.atom_slice(heavy.topology.select("resid 0 to 4"))
    short.stack(heavy).save_pdb(tmp_path / "two.pdb")
    with pytest.raises(StructureError, match=r"2 protein chains of 5, 10 residues"):
        read_ensemble(tmp_path / "two.pdb")
    found = read_ensemble(tmp_path / "two.pdb", sequence=SEQUENCE)
    np.testing.assert_allclose(found.ca, expected, atol=0.011)


def test_a_longer_chain_is_cut_to_the_protein(files, expected):
    found = read_ensemble(files / "models.pdb", sequence="DPETG")
    np.testing.assert_allclose(found.ca, expected[:, 2:7], atol=0.011)
    assert "5 residues beyond the protein are omitted" in found.notes


@pytest.mark.parametrize(
    ("wanted", "residues", "note"),
    [
        ("YYDPETGSWY", "YYDPETGTWY", "residue 8 is T, not S"),
        ("YYDPETGTWYAA", "YYDPETGTWY", "residues 11–12 AA missing"),
        ("YYDPEAATGTWY", "YYDPETGTWY", "residues 6–7 AA missing"),
        ("YYDPTGTWY", "YYDPTGTWY", "E inserted after residue 4"),
        ("YDPETGTW", "YDPETGTW", "2 residues beyond the protein are omitted"),
    ],
)
def test_differences_in_sequence_are_listed_by_residue(files, wanted, residues, note):
    found = read_ensemble(files / "models.pdb", sequence=wanted)
    assert found.sequence == residues and found.notes == (note,)
    with pytest.raises(StructureError, match="is not this protein"):
        read_ensemble(files / "models.pdb", sequence="DAYAQWLADGGPSSGRPPPS")


def test_unusual_ensembles_have_a_note(tmp_path, heavy):
    heavy[0].save_pdb(tmp_path / "one.pdb")
    assert "a single frame, which is a structure and not a distribution" in (
        read_ensemble(tmp_path / "one.pdb").notes
    )
    mdtraj.join([heavy[0]] * 4).save_pdb(tmp_path / "same.pdb")
    assert "all 4 frames are identical" in read_ensemble(tmp_path / "same.pdb").notes


def save(folder, name, **arrays):
    np.savez(folder / name, **arrays)
    return folder / name


def test_invalid_files_are_named_in_the_error(tmp_path, files, heavy, expected):
    (tmp_path / "empty.pdb").write_text("")
    (tmp_path / "wrong.pdb").write_text("no structure\n")
    (tmp_path / "wrong.npz").write_text("no arrays\n")
    (tmp_path / "wrong.xtc").write_bytes(b"no frames")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "nothing").mkdir()
    hollow = heavy.atom_slice(heavy.topology.select("not (resid 3 and name CA)"))
    hollow.save_pdb(tmp_path / "hollow.pdb")
    odd = heavy[:]
    odd.topology = heavy.topology.copy()
    odd.topology.residue(4).name = "SEP"
    odd.save_pdb(tmp_path / "modified.pdb")
    other = tmp_path / "mixed"
    other.mkdir()
    heavy[0].save_pdb(other / "a.pdb")
    heavy[1].atom_slice(heavy.topology.select("resid 0 to 7")).save_pdb(other / "b.pdb")
    two = tmp_path / "two"
    two.mkdir()
    for name in ("a.xtc", "b.xtc"):
        heavy.save_xtc(two / name)
    nan = expected.copy()
    nan[7, 2] = np.nan
    top = files / "top.pdb"
    for path, options, message in (
        (tmp_path / "missing.pdb", {}, "No such file"),
        (tmp_path / "empty.pdb", {}, "empty"),
        (tmp_path / "wrong.pdb", {}, "empty|no amino acids"),
        (tmp_path / "wrong.npz", {}, "not an NPZ file"),
        (tmp_path / "wrong.xtc", {"topology": top}, "damaged"),
        (tmp_path / "notes.txt", {}, "unknown file format"),
        (tmp_path / "nothing", {}, "contains no structure files"),
        (tmp_path / "hollow.pdb", {}, "lacks the CA atoms of PRO4"),
        (tmp_path / "modified.pdb", {}, "modified residues SEP5"),
        (other, {}, "Keep one protein in a folder"),
        (two, {}, "contains 2 trajectories"),
        (files / "run.xtc", {}, "has no topology.*run-topology.pdb"),
        (files / "run.xtc", {"topology": tmp_path / "none.pdb"}, "No such file"),
        (files / "run.xtc", {"topology": files / "trace.pdb"}, "that of another system"),
        (
            files / "run.xtc",
            {"topology": top, "max_frames": 1},
            "max_frames is 1. It must be at least 2",
        ),
        (save(tmp_path, "nan.npz", ca=nan, sequence=SEQUENCE), {}, r"1 of 22 frames .*frame 7"),
        (save(tmp_path, "nm.npz", ca=expected / 10, sequence=SEQUENCE), {}, "look like nm"),
        (save(tmp_path, "bare.npz", ca=expected), {}, "no array `sequence`"),
        (save(tmp_path, "x.npz", x=expected, sequence=SEQUENCE), {}, "Store `ca`"),
        (save(tmp_path, "s.npz", ca=expected[0], sequence=SEQUENCE), {}, "`ca` has shape"),
    ):
        with pytest.raises(StructureError, match=message):
            pytest.fail(f"{path.name}: {read_ensemble(path, **options)}")


def test_a_repeated_protein_is_rejected():
    data = EnsembleData("ab", SEQUENCE * 2, np.zeros((1, 20, 3), np.float32))
    with pytest.raises(StructureError, match="more than once"):
        data.of_protein(SEQUENCE)


def test_archives_that_unpack_to_more_than_data_are_refused(tmp_path):
    """A small file of equal frames would be analysed for hours."""
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, ca=np.zeros((1_000_000, 10, 3), np.float32), sequence="A" * 10)
    with pytest.raises(StructureError, match=r"MB unpack to 114 MB, which data never do"):
        read_ensemble(path)
