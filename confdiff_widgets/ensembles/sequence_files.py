"""Reading of sequences from text, FASTA, PDB and mmCIF files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..cache import safe_name
from ..errors import SettingsError
from ..geometry.residues import SequenceError, check_sequence
from ..geometry.structure import load_atom14
from .file_formats import FASTA, STRUCTURES


class NamedSequence(NamedTuple):
    """A sequence with a name that is safe in file names."""

    name: str
    sequence: str


def is_sequence_file(text: str | Path) -> bool:
    """Return whether the ending is that of a file with sequences."""
    return Path(text).suffix.lower() in (*FASTA, *STRUCTURES)


def looks_like_sequence(text: str) -> bool:
    """Return whether a text is a sequence rather than a name."""
    text = "".join(text.split())
    return len(text) > 3 and text.isalpha() and text.isupper()


def read_sequences(path: str | Path, *, chain: str | None = None) -> list[NamedSequence]:
    """Read all sequences of a FASTA file, or the sequence of a structure.

    Parameters
    ----------
    path : path
    chain : str, optional
        Chain of a structure with several protein chains.

    Raises
    ------
    SettingsError, SequenceError, StructureError
        For a file of another format, without a sequence, with several chains, or with residues
        other than the twenty amino acids.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in STRUCTURES:
        name = safe_name(path.stem) + (f"-{chain}" if chain else "")
        return [NamedSequence(name, load_atom14(path, chain=chain).sequence)]
    if suffix not in FASTA:
        raise SettingsError(
            f"{path.name} has an unknown ending. Use one of {', '.join((*FASTA, *STRUCTURES))}."
        )
    if chain is not None:
        raise SettingsError(
            f"{path.name} is a FASTA file and has no chains. Omit the chain, or give a PDB or "
            "mmCIF file."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Cannot read {path}: {error}") from error
    return parse_fasta(text, path.name)


def parse_fasta(text: str, source: str = "The text") -> list[NamedSequence]:
    """Parse the sequences of FASTA text.

    Names are the first words of the headers, made safe for file names and numbered if repeated. A
    stop symbol (*) at the end of a sequence is ignored.

    Raises
    ------
    SequenceError
        If there is no sequence, or if a sequence cannot be modelled; the message names the entry.
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
        raise SequenceError(f"{source} contains no sequence. Give at least one FASTA entry.")
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
