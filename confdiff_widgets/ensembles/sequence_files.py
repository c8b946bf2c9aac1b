"""Reading of sequences from text, FASTA files and all files with conformers."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..cache import safe_name
from ..errors import SettingsError
from ..geometry.residues import SequenceError, check_sequence
from .file_formats import ENSEMBLES, FASTA, SEQUENCES, TOPOLOGIES, file_ending, file_stem
from .heavy_atoms import iterate_atom14, require_chain
from .text_files import read_text


class NamedSequence(NamedTuple):
    """A sequence with a name that is safe in file names.

    Attributes
    ----------
    name, sequence : str
        The sequence of a FASTA entry may be invalid, so that one entry does not cost the others.
    source : str
        Entry of a file that it comes from, for messages.
    """

    name: str
    sequence: str
    source: str = ""

    def checked(self) -> str:
        """Return the sequence if it can be modelled.

        Raises
        ------
        SequenceError
            If it is empty or has unknown residues; the message names the entry.
        """
        try:
            return check_sequence(self.sequence)
        except SequenceError as error:
            raise SequenceError(f"{self.source}: {error}" if self.source else str(error)) from error


def is_sequence_file(text: str | Path) -> bool:
    """Return whether the ending is that of a protein file, which is not a name or sequence."""
    return file_ending(Path(text)) in (*SEQUENCES, *TOPOLOGIES)


def looks_like_sequence(text: str) -> bool:
    """Return whether a text is a sequence rather than a name."""
    text = "".join(text.split())
    return len(text) > 3 and text.isalpha() and text.isupper()


def read_sequences(path: str | Path, *, chain: str | None = None) -> list[NamedSequence]:
    """Read all sequences of a FASTA file, or the sequence of a structure or trajectory.

    Parameters
    ----------
    path : path
    chain : str, optional
        Chain of a structure with several protein chains.

    Raises
    ------
    SettingsError, SequenceError, StructureError
        For a file of another format or without a sequence, and for a structure with several
        chains, a chain gap, or residues other than the twenty amino acids.
    """
    path = Path(path)
    ending = file_ending(path)
    if ending in ENSEMBLES:
        name = safe_name(file_stem(path)) + (f"-{chain}" if chain else "")
        first = next(iterate_atom14(path, chain=chain, chunk=1))
        require_chain(first._replace(positions=first.positions[:1]), path)
        return [NamedSequence(name, first.sequence)]
    if ending not in FASTA:
        raise SettingsError(
            f"{path.name} has an unknown ending. Use one of {', '.join(SEQUENCES)}."
        )
    if chain is not None:
        raise SettingsError(
            f"{path.name} is a FASTA file and has no chains. Omit the chain, or give a PDB or "
            "mmCIF file."
        )
    try:
        text = read_text(path)
    except (OSError, EOFError, ValueError) as error:
        raise SettingsError(f"Cannot read {path}: {error}") from error
    return parse_fasta(text, path.name)


def parse_fasta(text: str, source: str = "The text") -> list[NamedSequence]:
    """Parse the sequences of FASTA text.

    Names are the first words of the headers, made safe for file names and numbered if repeated. A
    stop symbol (*) at the end of a sequence is ignored.

    Raises
    ------
    SequenceError
        If there is no sequence.
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
        sequence = "".join("".join(lines).split()).removesuffix("*").upper()
        stem = safe_name(header) if header else f"protein-{number}"
        name, copy = stem, 1
        while name.lower() in taken:
            copy += 1
            name = f"{stem}-{copy}"
        taken.add(name.lower())
        entry = f"{source}, entry {number} ({header or 'unnamed'})"
        found.append(NamedSequence(name, sequence, entry))
    return found
