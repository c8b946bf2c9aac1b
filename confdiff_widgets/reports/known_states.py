"""Known states of a protein, as structures in files, such as the five states of BPTI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.readers import read_ensemble
from ..ensembles.sequence_matching import MIN_FRACTION, common_residues, match
from ..errors import SettingsError
from ..geometry.structure import StructureError


@dataclass(frozen=True, eq=False)
class KnownStates:
    """Structures of the S states of one protein.

    Attributes
    ----------
    names : tuple of str
    ca : ndarray, shape (S, L, 3)
        CA positions, Å.
    origin : str
        Source of the structures, for captions.
    frames : ndarray of int, shape (S,), or None
        Indices of the structures in the reference, if they are frames of it.
    residues : ndarray of int, shape (L,), or None
        Residues of the protein that the structures have, counted from 0. None for all.
    notes : tuple of str
        Omitted, missing and exchanged residues.
    """

    names: tuple[str, ...]
    ca: NDArray[np.float32]
    origin: str
    frames: NDArray[np.int64] | None = None
    residues: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()

    def select(self, ca: NDArray) -> NDArray:
        """Select the residues of the states from CA positions (N, residues of the protein, 3)."""
        return ca if self.residues is None else ca[:, self.residues]


def read_states(files: Sequence[str | Path], sequence: str) -> KnownStates:
    """Read the structures of states from files; each model of each file is one state.

    Parameters
    ----------
    files : sequence of paths
        Structure files, or folders of them; CA atoms are sufficient. Other chains and molecules
        are ignored. If some structures lack residues, all are restricted to the common ones.
    sequence : str
        Sequence of the protein.

    Raises
    ------
    StructureError
        If a file cannot be read or has another sequence, or if the states have too few residues in
        common.
    SettingsError
        Without a file.
    """
    if not files:
        raise SettingsError("No state was given. Give at least one structure file.")
    names: list[str] = []
    read: list[EnsembleData] = []
    notes: list[str] = []
    for file in files:
        data = read_ensemble(file, sequence=sequence)
        read.append(data)
        names += [data.name] if len(data) == 1 else [f"{data.name} {i + 1}"
                                                     for i in range(len(data))]  # fmt: skip
        notes += [f"{data.name}: {note}" for note in match(data.sequence, sequence, "").notes]
    common, present = common_residues([(data.name, data.sequence) for data in read], sequence)
    return KnownStates(
        tuple(names),
        np.concatenate(
            [
                data.ca[:, np.searchsorted(indices, common)]
                for data, indices in zip(read, present, strict=True)
            ]
        ),
        "structures from files",
        residues=None if len(common) == len(sequence) else common,
        notes=tuple(notes),
    )


def restrict_states(known: KnownStates, common: NDArray[np.int64]) -> KnownStates:
    """Restrict states to the residues `common`, counted from 0, and renumber these."""
    present = np.arange(known.ca.shape[1]) if known.residues is None else known.residues
    both, of_states, of_common = np.intersect1d(present, common, return_indices=True)
    if len(both) < MIN_FRACTION * known.ca.shape[1]:
        raise StructureError(
            f"The states have {len(both)} of their {known.ca.shape[1]} residues in common with the "
            "ensembles, and at least half are required. Give more complete ensembles."
        )
    complete = len(both) == len(common)
    return replace(known, ca=known.ca[:, of_states], residues=None if complete else of_common)
