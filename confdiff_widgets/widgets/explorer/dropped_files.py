"""Open files that are dropped on the Explorer: FASTA, PDB, mmCIF and GRO."""

from __future__ import annotations

from pathlib import Path

from ...ensembles.file_formats import FASTA, UPLOADS, file_ending
from ...ensembles.sequence_files import parse_fasta
from ...errors import SettingsError
from ...proteins.starting_structure import LARGEST, uploaded_structure
from .new_runs import restart_from_structure
from .state import ExplorerState


def open_file(state: ExplorerState, file: dict[str, str]) -> str | None:
    """Start from a structure of the present sequence, or return the sequence that is to be opened.

    Parameters
    ----------
    state : ExplorerState
    file : dict
        Its ``name`` and ``text``.

    Returns
    -------
    str or None
        The sequence of a FASTA file or of another structure; None if a run has been started.

    Raises
    ------
    UserError
        For a file of another kind, with several sequences, or that cannot be read.
    """
    name, text = file["name"], file["text"]
    ending = file_ending(Path(name))
    if ending in FASTA and not ending.endswith(".gz"):
        if len(text.encode("utf-8")) > LARGEST:
            raise SettingsError(
                f"{name} is larger than {LARGEST // 10**6} MB. Drop a file with one sequence."
            )
        entries = parse_fasta(text, name)
        if len(entries) > 1:
            raise SettingsError(
                f"{name} has {len(entries)} sequences. Drop a file with one, or sample all of them "
                "with `confdiff sample`."
            )
        return entries[0].checked()
    if ending not in UPLOADS:
        raise SettingsError(
            f"{name} cannot be opened here. Drop a FASTA, PDB, mmCIF or GRO file, not packed."
        )
    sequence = uploaded_structure(name, text).sequence
    if sequence != state.session.system.sequence:
        return sequence
    restart_from_structure(state, file)
    return None
