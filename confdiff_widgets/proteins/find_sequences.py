"""Sequences given by a bundled name, as text or in a file."""

from __future__ import annotations

import re
from pathlib import Path

from ..ensembles.sequence_files import (
    NamedSequence,
    is_sequence_file,
    looks_like_sequence,
    read_sequences,
)
from ..geometry.residues import LETTER_OF_NAME, LETTERS, check_sequence
from .catalogue import UnknownProteinError, get

SEQUENCE_ADVICE = (
    "Write a sequence of at least 4 residues in one-letter code and capitals, such as GYDPETGTWG."
)


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
    except UnknownProteinError as error:
        if not looks_like_sequence(text):
            if _lists_residues(text):
                raise UnknownProteinError(f"{error} {SEQUENCE_ADVICE}") from None
            raise
        return [NamedSequence("sample", check_sequence(text))]
    return [NamedSequence(bundled.name, bundled.sequence)]


def _lists_residues(text: str) -> bool:
    """Return whether a text may be meant as a sequence: small letters or three-letter codes."""
    words = [word for word in re.split(r"[\W\d_]+", text.upper()) if word]
    return all(word in LETTER_OF_NAME for word in words) or set("".join(words)) <= set(LETTERS)
