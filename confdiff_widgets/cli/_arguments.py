"""Arguments that several commands share: sequences, devices and output file names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SettingsError
from ._console import messages

if TYPE_CHECKING:
    from ..ensembles.sequence_files import NamedSequence


def find_targets(
    protein: str | None,
    sequence: str | None = None,
    chain: str | None = None,
    *,
    start: Path | None = None,
) -> list[NamedSequence]:
    """Find the sequences of a job from PROTEIN or --sequence.

    Parameters
    ----------
    protein, sequence : str or None
        Exactly one of them.
    chain : str, optional
        Chain of PROTEIN or of the starting structure.
    start : path, optional
        Starting structure.
    """
    from .. import proteins
    from ..ensembles.sequence_files import NamedSequence, is_sequence_file
    from ..geometry.residues import check_sequence
    from ..proteins.find_sequences import find_sequences

    if (protein is None) == (sequence is None):
        raise SettingsError(
            "Name a bundled protein or give --sequence, one of the two. A sequence or a FASTA, PDB "
            f"or mmCIF file may replace the name. Bundled: {', '.join(proteins.names())}."
        )
    if sequence is not None:
        return [NamedSequence("sample", check_sequence(sequence))]
    assert protein is not None
    if chain is not None and start is None and not is_sequence_file(protein):
        raise SettingsError("--chain selects a chain of a PDB or mmCIF file. Give such a file.")
    return find_sequences(protein, chain)


def find_device(name: str) -> str:
    """Return the device to use, with a notice if it is not the requested one."""
    from ..sampling.device import choose_device

    device, notice = choose_device(name)
    if notice:
        messages.print(notice, style="yellow")
    return device


def output_paths(targets: list[NamedSequence], out: Path | None) -> list[Path]:
    """Return the output file of each protein, which can be written."""
    from ..ensembles.file_formats import WRITABLE
    from ..ensembles.output_files import check_output
    from ..files.writing import OutputError, check_folder

    names_file = out is None or out.suffix.lower() in WRITABLE or not out.is_dir()
    if len(targets) == 1 and names_file:
        return [check_output(out or free_name(Path(f"{targets[0].name}.pdb")))]
    folder = Path() if out is None else out
    if len(targets) > 1 and out is not None and out.suffix:
        raise OutputError(
            f"{out} is a single file for {len(targets)} proteins. Give a folder as --out."
        )
    check_folder(folder)
    return [free_name(folder / f"{target.name}.pdb") for target in targets]


def free_name(path: Path) -> Path:
    """Return the path, or the first numbered one that does not exist yet."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate
