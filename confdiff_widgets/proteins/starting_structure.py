"""Starting structures of runs, with optional fixed residues."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..ensembles.file_formats import UPLOADS, file_ending
from ..ensembles.heavy_atoms import iterate_atom14, load_atom14, require_chain
from ..errors import SettingsError
from ..files.arrays import TEXT, Array, read_arrays
from ..files.reading import FormatError
from ..files.writing import write_files
from ..geometry.atom14 import backbone_frames
from ..geometry.residues import check_sequence
from ..geometry.rigid import Rigid
from ..geometry.structure import Atom14Trajectory
from ..guidance.fixed_residues import FixedResidues, parse_residues
from .system import System

ARRAYS = {
    "name": TEXT,
    "source": TEXT,
    "fixed": TEXT,
    "sequence": TEXT,
    "positions": Array("f", (1, "L", 14, 3), finite=True),
    "mask": Array("b", ("L", 14)),
}
"""Arrays of a saved structure."""

LARGEST = 20_000_000
"""Largest structure file accepted from a browser, in characters."""


@dataclass(frozen=True, eq=False)
class StartingStructure:
    """A structure to start from, and residues that keep their conformation in it.

    Attributes
    ----------
    name : str
        Description of its source.
    atoms : Atom14Trajectory
        One frame.
    file : str or None
        File that it was read from; None for the folded structure of the reference.
    fixed : str
        Fixed residues, such as ``"3-8,12"``, also in runs from noise; empty for none.

    Raises
    ------
    SettingsError
        If a fixed residue does not exist.
    """

    name: str
    atoms: Atom14Trajectory
    file: str | None = None
    fixed: str = ""

    def __post_init__(self) -> None:
        if self.fixed:
            parse_residues(self.fixed, len(self.atoms.sequence))

    @property
    def frames(self) -> Rigid:
        """Backbone frames (L,) in Å, placed as in the file."""
        return backbone_frames(self.atoms.positions[0], self.atoms.mask, self.atoms.sequence)

    @cached_property
    def rigid(self) -> Rigid:
        """Backbone frames (L,) in Å, centred."""
        return self.frames.center().to(torch.float32)

    @cached_property
    def fixed_residues(self) -> FixedResidues | None:
        """The fixed residues, if any."""
        return FixedResidues.of(self.atoms, self.fixed) if self.fixed else None

    def save(self, path: Path) -> None:
        """Write the structure as NPZ.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        sequence, positions, mask = self.atoms
        arrays: dict[str, Any] = {
            "name": self.name,
            "source": self.file or "",
            "fixed": self.fixed,
            "sequence": sequence,
            "positions": positions.numpy(),
            "mask": mask.numpy(),
        }
        write_files({path: lambda file: np.savez(file, **arrays)})

    @classmethod
    def load(cls, path: Path) -> StartingStructure:
        """Read a structure written by :meth:`save`.

        Raises
        ------
        OSError, ValueError
            If the file is missing or of another kind.
        """
        arrays = read_arrays(path, ARRAYS)
        name, file, fixed, sequence = (
            str(arrays[key]) for key in ("name", "source", "fixed", "sequence")
        )
        if len(check_sequence(sequence)) != len(arrays["mask"]):
            raise FormatError(f"it has {len(arrays['mask'])} residues for the sequence {sequence}")
        positions, mask = (torch.from_numpy(arrays[key]) for key in ("positions", "mask"))
        return cls(name, Atom14Trajectory(sequence, positions, mask), file or None, fixed)


def folded_structure(system: System, *, fixed: str = "") -> StartingStructure | None:
    """Return the folded structure of the reference, or None if it is unknown."""
    if system.folded is None or system.protein is None:
        return None
    atoms = torch.from_numpy(system.folded)
    present = (atoms != 0).any(-1)
    return StartingStructure(
        f"folded structure, {system.protein.pdb_id}",
        Atom14Trajectory(system.sequence, atoms[None], present),
        fixed=fixed,
    )


def read_starting_structure(
    path: str | Path,
    sequence: str,
    *,
    text: str | None = None,
    chain: str | None = None,
    fixed: str = "",
) -> StartingStructure:
    """Read the first structure of a file.

    Parameters
    ----------
    path : path
        Structure or NPZ file, or a trajectory next to its topology.
    sequence : str
        Sequence that it must have.
    text : str, optional
        Content of a structure file uploaded by a browser, to read in place of the file.
    chain : str, optional
        Chain of a file with several.
    fixed : str
        As in :class:`StartingStructure`.

    Raises
    ------
    StructureError
        If it cannot be read, lacks backbone atoms, has a chain gap or another sequence.
    SettingsError
        For an upload of another kind or size, or ``fixed`` residues that do not exist.
    """
    path = Path(path)
    if text is None:
        loaded = next(iterate_atom14(path, sequence=sequence, chain=chain, chunk=1))
    else:
        loaded = uploaded_structure(path.name, text, sequence=sequence, chain=chain)
    first = loaded._replace(positions=loaded.positions[:1])
    require_chain(first, path.name)
    return StartingStructure(path.name, first, str(path), fixed)


def uploaded_structure(
    name: str, text: str, *, sequence: str | None = None, chain: str | None = None
) -> Atom14Trajectory:
    """Read the conformers of a structure file that a browser has sent.

    Parameters
    ----------
    name, text : str
        Name and content of the file.
    sequence : str, optional
        Sequence that it must have.
    chain : str, optional
        Chain of a file with several.

    Raises
    ------
    StructureError
        If it cannot be read, has a chain gap or another sequence.
    SettingsError
        For a file of another kind or size.
    """
    path = Path(name)
    if file_ending(path) not in UPLOADS:
        raise SettingsError(f"{name} is not a structure file. Give one in {', '.join(UPLOADS)}.")
    if "\0" in text:
        raise SettingsError(
            f"{name} is not a text file. Give a PDB, mmCIF or GRO file that is not packed."
        )
    content = text.encode("utf-8")
    if len(content) > LARGEST:
        raise SettingsError(
            f"{name} is larger than {LARGEST // 10**6} MB. Remove frames or solvent."
        )
    return load_atom14(path, sequence=sequence, chain=chain, content=content)
