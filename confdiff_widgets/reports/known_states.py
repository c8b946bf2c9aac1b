"""States that somebody knows: structures in files, such as the five of BPTI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.readers import read_ensemble
from ..ensembles.sequence_matching import LEAST_COMMON, common_residues, match
from ..errors import SettingsError
from ..geometry.structure import StructureError


@dataclass(frozen=True, eq=False)
class KnownStates:
    """S structures of one protein.

    Attributes
    ----------
    names : tuple of str
    ca : ndarray, shape (S, L, 3)
        Å.
    origin : str
        Where they come from, for a caption.
    frames : ndarray of int, shape (S,), or None
        Frames of the reference that they are.
    residues : ndarray of int, shape (L,), or None
        Which residues of the protein are compared, from 0. None: all.
    notes : tuple of str
        What was left out of them, or differs.
    """

    names: tuple[str, ...]
    ca: NDArray[np.float32]
    origin: str
    frames: NDArray[np.int64] | None = None
    residues: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()

    def of(self, ca: NDArray) -> NDArray:
        """The residues of CA positions (N, protein's residues, 3) that the states have."""
        return ca if self.residues is None else ca[:, self.residues]


def read_states(files: Sequence[str | Path], sequence: str) -> KnownStates:
    """State structures from files; each model of each file is one state.

    Parameters
    ----------
    files : sequence of paths
        Structure files, or folders of them; CA atoms will do. Other chains and molecules are left
        out. Where some lack residues, all are cut to those that each has.
    sequence : str
        Of the protein.

    Raises
    ------
    StructureError
        What cannot be read or has another sequence, or states with too little in common.
    SettingsError
        No file.
    """
    if not files:
        raise SettingsError("No state was given: name one structure file at least.")
    names: list[str] = []
    read: list[EnsembleData] = []
    notes: list[str] = []
    for file in files:
        data = read_ensemble(file, sequence=sequence)
        read.append(data)
        names += [data.name] if len(data) == 1 else [f"{data.name} {i + 1}"
                                                     for i in range(len(data))]  # fmt: skip
        notes += [f"{data.name}: {note}" for note in match(data.sequence, sequence, "").notes]
    common, places = common_residues([(data.name, data.sequence) for data in read], sequence)
    return KnownStates(
        tuple(names),
        np.concatenate(
            [
                data.ca[:, np.searchsorted(had, common)]
                for data, had in zip(read, places, strict=True)
            ]
        ),
        "structures from files",
        residues=None if len(common) == len(sequence) else common,
        notes=tuple(notes),
    )


def states_on(known: KnownStates, common: NDArray[np.int64]) -> KnownStates:
    """States on those of the residues `common`, from 0, that they have, renumbered to these."""
    had = np.arange(known.ca.shape[1]) if known.residues is None else known.residues
    both, of_states, of_common = np.intersect1d(had, common, return_indices=True)
    if len(both) < LEAST_COMMON * known.ca.shape[1]:
        raise StructureError(
            f"The states have {len(both)} of their {known.ca.shape[1]} residues in common with the "
            "ensembles, half is the least."
        )
    whole = len(both) == len(common)
    return replace(known, ca=known.ca[:, of_states], residues=None if whole else of_common)
