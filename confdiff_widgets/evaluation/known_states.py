"""States that somebody knows: structures in files, such as the five of BPTI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from .reader import read_ensemble


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
    """

    names: tuple[str, ...]
    ca: NDArray[np.float32]
    origin: str
    frames: NDArray[np.int64] | None = None


def read_states(files: Sequence[str | Path], sequence: str) -> KnownStates:
    """State structures from files; each model of each file is one state.

    Parameters
    ----------
    files : sequence of paths
        Structure files, or folders of them.
    sequence : str
        Of the protein.

    Raises
    ------
    StructureError
        What cannot be read or has another sequence.
    SettingsError
        No file.
    """
    if not files:
        raise SettingsError("No state was given: name one structure file at least.")
    names: list[str] = []
    found = []
    for file in files:
        data = read_ensemble(file, sequence=sequence)
        found.append(data.ca)
        names += [data.name] if len(data) == 1 else [f"{data.name} {i + 1}"
                                                     for i in range(len(data))]  # fmt: skip
    return KnownStates(tuple(names), np.concatenate(found), "structures from files")
