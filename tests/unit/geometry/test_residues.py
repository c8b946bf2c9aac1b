import mdtraj
import pytest
import torch

from confdiff_widgets.geometry.residues import (
    CHI_ATOMS,
    LETTER_OF_NAME,
    LETTERS,
    NAMES,
    SequenceError,
    atom_names,
    check_sequence,
    encode_sequence,
    residue_tables,
)

HEAVY_ATOMS = dict(
    zip("GASCTVPDNILEQMHKFRYW", [4, 5, 6, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 8, 10, 9, 11, 11, 12, 14],
        strict=True)
)  # fmt: skip


def test_letters_match_names():
    topology = mdtraj.Topology()
    chain = topology.add_chain()
    codes = [topology.add_residue(name, chain).code for name in NAMES]
    assert "".join(codes) == LETTERS
    assert len(set(LETTERS)) == 20
    assert LETTER_OF_NAME["HIE"] == "H" and LETTER_OF_NAME["CYX"] == "C"


def test_sequences_are_cleaned_and_encoded():
    assert check_sequence(" yydpe\nTGTWY ") == "YYDPETGTWY"
    assert encode_sequence("ARNV").tolist() == [0, 1, 2, 19]
    assert encode_sequence(LETTERS).tolist() == list(range(20))


@pytest.mark.parametrize("sequence", ["", "  \n"])
def test_empty_sequence_is_rejected(sequence):
    with pytest.raises(SequenceError, match="The sequence is empty"):
        check_sequence(sequence)


def test_unknown_amino_acids_are_named_with_their_positions():
    with pytest.raises(SequenceError, match=r"'X' at position 3, 'B' at position 5\. Use the one"):
        check_sequence("AGXGB")
    with pytest.raises(SequenceError, match=r"'1' at position 5 and 2 more\."):
        encode_sequence("1111111")


def test_heavy_atoms_of_each_residue():
    for letter, name in zip(LETTERS, NAMES, strict=True):
        names = atom_names()[name]
        assert names[:4] == ("N", "CA", "C", "O")
        assert len(names) == len(set(names)) == HEAVY_ATOMS[letter]
    mask = residue_tables().atom_mask
    assert mask.sum(1).tolist() == [HEAVY_ATOMS[letter] for letter in LETTERS]
    assert mask[:, :4].all()


def test_chi_angles_follow_chains_of_bonds():
    tables = residue_tables()
    for i, name in enumerate(NAMES):
        chis = CHI_ATOMS.get(name, ())
        assert tables.chi_mask[i].sum() == len(chis)
        for k, chi in enumerate(chis):
            atoms = chi.split()
            assert [atom_names()[name][j] for j in tables.chi_atoms[i, k]] == atoms
            if k:  # each chi angle rotates about the bond placed by the previous one
                assert atoms[:3] == chis[k - 1].split()[1:]


def test_group_frames_are_rigid_motions():
    frames = residue_tables().default_frames
    rotations = frames[..., :3, :3]
    eye = torch.eye(3, dtype=torch.float64).expand_as(rotations)
    torch.testing.assert_close(rotations @ rotations.transpose(-1, -2), eye, atol=1e-12, rtol=0)
    assert (torch.linalg.det(rotations) > 0).all()
    assert (frames[..., 3, :] == torch.tensor([0.0, 0, 0, 1])).all()
