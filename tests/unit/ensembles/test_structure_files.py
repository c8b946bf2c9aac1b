"""Structure files: alternate locations, residue numbers, ligands, models and encodings."""

from __future__ import annotations

import gzip

import gemmi
import mdtraj
import numpy as np
import pytest

from confdiff_widgets.ensembles import load_atom14, read_ensemble
from confdiff_widgets.ensembles.structure_files import read_structure
from confdiff_widgets.geometry.structure import StructureError

from ..foreign_files import SEQUENCE


@pytest.fixture
def structure(heavy, tmp_path) -> gemmi.Structure:
    """One frame of chignolin as a gemmi structure."""
    heavy[0].save_pdb(str(tmp_path / "plain.pdb"))
    return gemmi.read_structure(str(tmp_path / "plain.pdb"))


def save(structure: gemmi.Structure, path) -> None:
    if ".cif" in path.name or ".mmcif" in path.name:
        structure.setup_entities()
        structure.make_mmcif_document().write_file(str(path))
    else:
        structure.write_pdb(str(path))


def add_location(residue: gemmi.Residue, name: str, occupancy: float, shift: float) -> None:
    """Give an atom a second alternate location."""
    atom = residue[name][0]
    other = atom.clone()
    atom.altloc, atom.occ = "A", 1 - occupancy
    other.altloc, other.occ = "B", occupancy
    other.pos = gemmi.Position(atom.pos.x + shift, atom.pos.y, atom.pos.z)
    residue.add_atom(other)


@pytest.mark.parametrize("name", ["a.pdb", "a.cif"])
@pytest.mark.parametrize(("occupancy", "moved"), [(0.7, True), (0.3, False), (0.5, False)])
def test_the_most_occupied_location_is_read(structure, expected, tmp_path, name, occupancy, moved):
    residue = structure[0][0][3]
    for name_of_atom in [atom.name for atom in residue]:
        add_location(residue, name_of_atom, occupancy, shift=0.3)
    save(structure, tmp_path / name)
    found = load_atom14(tmp_path / name)
    assert found.sequence == SEQUENCE
    shift = found.positions[0, :, 1].numpy() - expected[0]
    np.testing.assert_allclose(shift[3, 0], 0.3 if moved else 0.0, atol=0.002)
    np.testing.assert_allclose(np.delete(shift, 3, axis=0), 0, atol=0.002)
    np.testing.assert_allclose(read_ensemble(tmp_path / name).ca[0], found.positions[0, :, 1])


def test_an_atom_without_the_main_location_is_kept(structure, tmp_path):
    residue = structure[0][0][4]
    for name in [atom.name for atom in residue]:
        if name != "CD":
            add_location(residue, name, 0.8, shift=0.2)
    save(structure, tmp_path / "a.pdb")
    assert load_atom14(tmp_path / "a.pdb").mask[4].sum() == 9


@pytest.mark.parametrize(("occupancy", "letter"), [(0.6, "A"), (0.4, "Y")])
def test_the_most_occupied_of_two_amino_acids_is_read(structure, tmp_path, occupancy, letter):
    chain = structure[0][0]
    other = chain[1].clone()
    for residue, label, occ in ((chain[1], "A", 1 - occupancy), (other, "B", occupancy)):
        for atom in residue:
            atom.altloc, atom.occ = label, occ
    other.name = "ALA"
    for name in [atom.name for atom in other]:
        if name not in ("N", "CA", "C", "O", "CB"):
            other.remove_atom(name, "B")
    chain.add_residue(other, 2)
    save(structure, tmp_path / "a.pdb")
    assert load_atom14(tmp_path / "a.pdb").sequence == f"Y{letter}DPETGTWY"


@pytest.mark.parametrize("name", ["a.pdb", "a.cif"])
def test_insertion_codes_and_equal_numbers_keep_all_residues(structure, tmp_path, name):
    chain = structure[0][0]
    chain[3].seqid = gemmi.SeqId("3A")
    chain[5].seqid = chain[4].seqid  # GLU and THR
    save(structure, tmp_path / name)
    assert load_atom14(tmp_path / name).sequence == SEQUENCE
    assert read_ensemble(tmp_path / name).sequence == SEQUENCE


def test_equal_residues_with_one_number_are_refused(structure, tmp_path):
    structure[0][0][1].seqid = structure[0][0][0].seqid  # both are tyrosines
    save(structure, tmp_path / "a.pdb")
    with pytest.raises(StructureError, match=r"two residues TYR 1 in chain A\. Renumber"):
        load_atom14(tmp_path / "a.pdb")


def glutamate(chain: str, *, ter: bool, record: str = "HETATM") -> list[str]:
    """Return a free amino acid, far away from the protein."""
    atoms = [("N", 15, 12), ("CA", 16.46, 12), ("C", 17, 13.42), ("O", 16.3, 14.4), ("CB", 17, 11)]
    lines = [
        f"{record:<6}{200 + i:5}  {name:<3} GLU {chain} 201    {x:8.3f}{y:8.3f}  10.000  1.00  0.00"
        f"           {name[0]}"
        for i, (name, x, y) in enumerate(atoms)
    ]
    return ["TER", *lines] if ter else lines


@pytest.mark.parametrize("chain", ["A", "B"])
@pytest.mark.parametrize("ter", [True, False])
def test_free_amino_acids_are_ligands(structure, tmp_path, chain, ter):
    save(structure, tmp_path / "a.pdb")
    lines = (tmp_path / "a.pdb").read_text().splitlines()
    atoms = [line for line in lines if line.startswith("ATOM")]
    (tmp_path / "a.pdb").write_text("\n".join(atoms + glutamate(chain, ter=ter)) + "\nEND\n")
    assert load_atom14(tmp_path / "a.pdb").sequence == SEQUENCE
    assert load_atom14(tmp_path / "a.pdb", chain="A").sequence == SEQUENCE
    assert read_ensemble(tmp_path / "a.pdb").sequence == SEQUENCE
    converted = gemmi.read_structure(str(tmp_path / "a.pdb"))
    save(converted, tmp_path / "a.cif")
    assert load_atom14(tmp_path / "a.cif").sequence == SEQUENCE


@pytest.mark.parametrize("name", ["a.pdb", "a.ent", "a.cif", "a.mmcif", "a.gro"])
@pytest.mark.parametrize("change", ["gzip", "utf-8-sig", "utf-16", "crlf", "upper"])
def test_endings_and_encodings(heavy, expected, tmp_path, name, change):
    ending = name.removeprefix("a.").replace("ent", "pdb").replace("mmcif", "cif")
    frames = heavy[:3]
    frames.save(str(tmp_path / f"plain.{ending}"))
    content = (tmp_path / f"plain.{ending}").read_bytes()
    if change == "gzip":
        content, name = gzip.compress(content), f"{name}.gz"
    elif change == "crlf":
        content = content.replace(b"\n", b"\r\n")
    elif change == "upper":
        name = name.upper()
    else:
        content = content.decode().encode(change)
    (tmp_path / name).write_bytes(content)
    np.testing.assert_allclose(read_ensemble(tmp_path / name).ca, expected[:3], atol=0.011)
    assert load_atom14(tmp_path / name).sequence == SEQUENCE


def test_models_of_joined_files_are_read(heavy, tmp_path):
    heavy[:2].save_pdb(str(tmp_path / "a.pdb"))
    text = (tmp_path / "a.pdb").read_text()
    (tmp_path / "twice.pdb").write_text(text + text)
    assert len(read_structure(tmp_path / "twice.pdb")) == 4
    atoms = [line for line in text.splitlines() if line.startswith("ATOM")]
    (tmp_path / "ends.pdb").write_text("\n".join([*atoms[:93], "END", *atoms[93:], "END"]))
    assert len(read_structure(tmp_path / "ends.pdb")) == 2


def test_models_with_other_atoms_are_refused(heavy, tmp_path):
    heavy[:2].save_pdb(str(tmp_path / "a.pdb"))
    lines = (tmp_path / "a.pdb").read_text().splitlines()
    last = max(i for i, line in enumerate(lines) if line.startswith("ATOM"))
    (tmp_path / "b.pdb").write_text("\n".join(lines[:last] + lines[last + 1 :]))
    with pytest.raises(StructureError, match=r"models of .*b\.pdb differ in their atoms"):
        read_structure(tmp_path / "b.pdb")


def test_messages_name_the_file_of_the_user(tmp_path):
    (tmp_path / "mine.gro").write_text("title\n 2\nnothing\n")
    with pytest.raises(StructureError) as caught:
        read_structure(tmp_path / "mine.gro")
    assert str(tmp_path / "mine.gro") in str(caught.value) and "copy." not in str(caught.value)


def test_large_boxes_of_water_are_read(tmp_path):
    """Residue numbers of waters start again after 9999."""
    line = "HETATM{:5}  O   HOH W{:4}    {:8.3f}   0.000   0.000  1.00  0.00           O\n"
    water = [line.format(i % 100000, i % 10000, float(i % 1000)) for i in range(12_000)]
    (tmp_path / "w.pdb").write_text("".join(water))
    assert isinstance(read_structure(tmp_path / "w.pdb"), mdtraj.Trajectory)
    assert read_structure(tmp_path / "w.pdb").n_atoms == 12_000
