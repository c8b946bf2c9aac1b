"""Structures to start from, and sequences in files."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import SettingsError
from ..geometry.atom14 import backbone_frames
from ..geometry.rigid import Rigid
from ..geometry.sequences import STRUCTURES, read_sequences
from ..geometry.structure import load_atom14
from .subject import Subject

LARGEST = 20_000_000
"""Characters of a structure file that comes from a browser."""


@dataclass(frozen=True)
class Start:
    """A structure to start from.

    Attributes
    ----------
    name : str
        Where it comes from, for a person.
    rigid : Rigid, shape (L,)
        Backbone frames, Å, centred.
    """

    name: str
    rigid: Rigid


def folded_start(subject: Subject) -> Start | None:
    """The reference's folded structure."""
    if subject.reference is None or subject.protein is None:
        return None
    atoms = torch.from_numpy(subject.reference.folded)
    present = (atoms != 0).any(-1)
    return Start(
        f"folded structure, {subject.protein.pdb_id}", _frames(atoms, present, subject.sequence)
    )


def read_start(
    path: str | Path, sequence: str, *, text: str | None = None, chain: str | None = None
) -> Start:
    """The first structure of a file, or of its text; ``chain`` chooses among several.

    Raises
    ------
    StructureError
        If it cannot be read, lacks backbone atoms or has another sequence.
    SettingsError
        For a file of another kind, or one that is too large.
    """
    path = Path(path)
    if path.suffix.lower() not in STRUCTURES:
        raise SettingsError(f"{path.name}: give a structure in {' or '.join(STRUCTURES)}.")
    if text is None:
        loaded = load_atom14(path, sequence=sequence, chain=chain)
    else:
        if len(text) > LARGEST:
            raise SettingsError(f"{path.name} is larger than {LARGEST // 10**6} MB.")
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / f"structure{path.suffix.lower()}"
            copy.write_text(text, encoding="utf-8")
            loaded = load_atom14(copy, sequence=sequence, chain=chain)
    return Start(path.name, _frames(loaded.positions[0], loaded.mask, sequence))


def sequence_in(path: str | Path, *, chain: str | None = None) -> str:
    """The sequence of a FASTA, PDB or mmCIF file (the first one of a FASTA).

    Raises
    ------
    SettingsError, SequenceError, StructureError
        For a file of another kind, without a sequence, or with unknown residues.
    """
    return read_sequences(path, chain=chain)[0].sequence


def _frames(positions: torch.Tensor, mask: torch.Tensor, sequence: str) -> Rigid:
    return backbone_frames(positions, mask, sequence).center().to(torch.float32)
