"""Sequences given by a bundled name, as text or in a file."""

from __future__ import annotations

from pathlib import Path

from ..ensembles.sequence_files import (
    NamedSequence,
    is_sequence_file,
    looks_like_sequence,
    read_sequences,
)
from ..geometry.residues import check_sequence
from .catalogue import UnknownProteinError, get


def find_sequences(protein: str | Path, chain: str | None = None) -> list[NamedSequence]:
    """Return the sequences given by a bundled name, a sequence or a file.

    Raises
    ------
    UnknownProteinError
        If the text is neither a name nor a sequence.
    SettingsError, SequenceError, StructureError
        If a file contains no sequence or unknown residues, or has several chains.
    """
    text = str(protein)
    if is_sequence_file(text):
        return read_sequences(text, chain=chain)
    try:
        bundled = get(text)
    except UnknownProteinError:
        if not looks_like_sequence(text):
            raise
        return [NamedSequence("sample", check_sequence(text))]
    return [NamedSequence(bundled.name, bundled.sequence)]
