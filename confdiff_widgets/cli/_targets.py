"""Arguments that several commands share: sequences, starting structures and free file names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SettingsError

if TYPE_CHECKING:
    from ..geometry.rigid import Rigid
    from ..geometry.structure import Atom14Trajectory
    from ..proteins.system import NamedSequence


def find_targets(
    protein: str | None, sequence: str | None, chain: str | None = None
) -> list[NamedSequence]:
    """Find the sequences of a job: a bundled name, a sequence, or a file with one or more."""
    from .. import proteins
    from ..ensembles.sequence_files import is_sequence_file
    from ..geometry.residues import check_sequence
    from ..proteins.system import NamedSequence, find_sequences

    if (protein is None) == (sequence is None):
        raise SettingsError(
            "Name a bundled protein or give --sequence, one of the two. A sequence or a FASTA, PDB "
            f"or mmCIF file may replace the name. Bundled: {', '.join(proteins.names())}."
        )
    if sequence is not None:
        sequence = check_sequence(sequence)
        return [NamedSequence("sample", sequence, proteins.by_sequence(sequence))]
    assert protein is not None
    if chain is not None and not is_sequence_file(protein):
        raise SettingsError("--chain selects a chain of a PDB or mmCIF file. Give such a file.")
    return find_sequences(protein, chain)


def read_structure(path: Path, sequence: str, chain: str | None = None) -> Atom14Trajectory:
    """Read the structure to start from, or to take fixed residues from."""
    from ..geometry.structure import load_atom14

    return load_atom14(path, sequence=sequence, chain=chain)


def frames_of(structure: Atom14Trajectory) -> Rigid:
    """Return the backbone frames (L,) of the first frame."""
    from ..geometry.atom14 import backbone_frames

    return backbone_frames(structure.positions[0], structure.mask, structure.sequence)


def free_name(path: Path) -> Path:
    """Return the path, or the first numbered one that does not exist yet."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate
