"""Reading of sequences from files, with names that are safe in file names."""

from __future__ import annotations

import pytest

from confdiff_widgets.ensembles import load_atom14
from confdiff_widgets.ensembles.sequence_files import (
    is_sequence_file,
    looks_like_sequence,
    parse_fasta,
    read_sequences,
)
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.residues import SequenceError
from confdiff_widgets.geometry.structure import StructureError


def test_fasta():
    text = "\n>sp|P1|A one\nACD\nefg*\n\n>b\nMK V\n"
    assert [entry[:2] for entry in parse_fasta(text)] == [("sp_P1_A", "ACDEFG"), ("b", "MKV")]
    assert [entry[:2] for entry in parse_fasta("ACD\nEFG")] == [("protein-1", "ACDEFG")]


@pytest.mark.parametrize("header", ["../../etc/passwd", "/abs/path", "..", ".hidden", "a\\b", ""])
def test_headers_give_safe_file_names(tmp_path, header):
    ((name, *_),) = parse_fasta(f">{header}\nACD\n")
    assert (tmp_path / f"{name}.pdb").resolve().parent == tmp_path
    assert name and not name.startswith(".") and len(name) <= 80


def test_repeated_names_are_numbered():
    names = [name for name, *_ in parse_fasta(">a\nA\n>A\nC\n>a\nD\n>" + 200 * "x" + "\nE\n")]
    assert names == ["a", "A-2", "a-3", 80 * "x"]


def test_structures_and_invalid_files(data_dir, tmp_path):
    (found,) = read_sequences(data_dir / "trpcage.pdb")
    assert found[:2] == ("trpcage", "DAYAQWLADGGPSSGRPPPS")
    with pytest.raises(StructureError, match=r"no protein chain Q\. Choose one of"):
        read_sequences(data_dir / "trpcage.pdb", chain="Q")
    (tmp_path / "a.fasta").write_text(">a\nACD\n")
    with pytest.raises(SettingsError, match="FASTA file and has no chains"):
        read_sequences(tmp_path / "a.fasta", chain="A")
    with pytest.raises(SettingsError, match=r"Use one of \.fasta"):
        read_sequences("a.docx")
    with pytest.raises(SettingsError, match="Cannot read"):
        read_sequences(tmp_path / "absent.fasta")
    (tmp_path / "binary.fasta").write_bytes(bytes(range(256)))
    with pytest.raises(SettingsError, match="Cannot read"):
        read_sequences(tmp_path / "binary.fasta")
    with pytest.raises(SequenceError, match="contains no sequence"):
        parse_fasta("\n\n")


def test_selenomethionine_counts_as_methionine(tmp_path, data_dir):
    lines = (data_dir / "chignolin_heavy.pdb").read_text().splitlines()
    first = [line for line in lines if " TYR " in line and line[22:26] == "   1"]
    place = {line[12:16].strip(): line for line in first}
    atoms = [place[a] for a in ("N", "CA", "C", "O", "CB", "CG")]
    atoms.append(place["CD1"].replace(" CD1", "SE  "))
    text = "\n".join([*atoms, "END"]).replace("TYR", "MSE")
    (tmp_path / "m.pdb").write_text(text)
    found = load_atom14(tmp_path / "m.pdb")
    assert found.sequence == "M"
    assert found.mask[0].tolist() == [True] * 7 + [False] * 7


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("YYDPETGTWY", True),
        ("chignolin", False),
        ("ACD", False),
        ("5AWL", False),
        ("ACDE FG", True),
    ],
)
def test_sequences_are_told_from_names(text, is_one):
    assert looks_like_sequence(text) is is_one
    assert is_sequence_file(f"{text}.CIF") and not is_sequence_file(text)
