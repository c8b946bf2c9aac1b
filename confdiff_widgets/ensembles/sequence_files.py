"""Sequences from text, FASTA, PDB and mmCIF files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..cache import safe_name
from ..errors import SettingsError
from ..geometry.residues import SequenceError, check_sequence
from ..geometry.structure import load_atom14

FASTA = (".fasta", ".fa", ".faa")
STRUCTURES = (".pdb", ".cif")


class NamedSequence(NamedTuple):
    """A sequence and what it is called, fit for a file name."""

    name: str
    sequence: str


def is_sequence_file(text: str | Path) -> bool:
    """Whether this names a file that holds sequences."""
    return Path(text).suffix.lower() in (*FASTA, *STRUCTURES)


def looks_like_sequence(text: str) -> bool:
    """Whether this is rather a sequence than the name of something."""
    text = "".join(text.split())
    return len(text) > 3 and text.isalpha() and text.isupper()


def read_sequences(path: str | Path, *, chain: str | None = None) -> list[NamedSequence]:
    """All sequences of a FASTA file, or the one of a structure.

    Parameters
    ----------
    path : path
    chain : str, optional
        Of a structure with several protein chains.

    Raises
    ------
    SettingsError, SequenceError, StructureError
        For a file of another kind, without a sequence, with several chains, or with residues that
        are none of the twenty amino acids.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in STRUCTURES:
        name = safe_name(path.stem) + (f"-{chain}" if chain else "")
        return [NamedSequence(name, load_atom14(path, chain=chain).sequence)]
    if suffix not in FASTA:
        raise SettingsError(f"{path.name}: give a file in {', '.join((*FASTA, *STRUCTURES))}.")
    if chain is not None:
        raise SettingsError(f"{path.name} is a FASTA file; chains are of PDB and mmCIF files.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Cannot read {path}: {error}") from error
    return parse_fasta(text, path.name)


def parse_fasta(text: str, source: str = "the text") -> list[NamedSequence]:
    """Sequences of FASTA text; names are the headers' first words, made fit for files.

    A stop sign (*) at the end of a sequence is left out. Names that come again get a number.

    Raises
    ------
    SequenceError
        If there is none, or one that cannot be modelled; the message says which.
    """
    entries: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(">"):
            entries.append(((line[1:].split() or [""])[0], []))
        elif line.strip():
            if not entries:
                entries.append(("", []))
            entries[-1][1].append(line.strip())
    if not entries:
        raise SequenceError(f"{source} holds no sequence.")
    found: list[NamedSequence] = []
    taken: set[str] = set()
    for number, (header, lines) in enumerate(entries, start=1):
        try:
            sequence = check_sequence("".join(lines).removesuffix("*"))
        except SequenceError as error:
            raise SequenceError(f"{source}, entry {number} ({header or 'unnamed'}): {error}") from (
                error
            )
        stem = safe_name(header) if header else f"protein-{number}"
        name, copy = stem, 1
        while name.lower() in taken:
            copy += 1
            name = f"{stem}-{copy}"
        taken.add(name.lower())
        found.append(NamedSequence(name, sequence))
    return found
