"""Features of one sequence in an NPZ file: ``node``, ``pair``, ``sequence``, ``representation``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ..files.arrays import TEXT, Array, read_arrays
from ..files.reading import FormatError
from ..files.writing import write_files
from ..geometry.residues import check_sequence
from .base import Features, RepresentationError, check_features

ARRAYS = {
    "node": Array("f", ("L", "c")),
    "pair": Array("f", ("L", "L", "d"), required=False),
    "sequence": TEXT,
    "representation": TEXT,
}
"""Arrays of a file."""


class FeatureFile(NamedTuple):
    """Contents of a file."""

    representation: str
    sequence: str
    features: Features


class NpzFile:
    """The representation of the single sequence in an NPZ file.

    Parameters
    ----------
    path : path
        With ``node`` (L, c), ``sequence``, ``representation`` (the name) and, where there are
        pair features, ``pair`` (L, L, c).
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._file = read_npz(self.path)
        self.name = self._file.representation
        self.node_size = self._file.features.node.shape[-1]
        pair = self._file.features.pair
        self.pair_size = 0 if pair is None else pair.shape[-1]

    def __call__(self, sequence: str) -> Features:
        sequence = check_sequence(sequence)
        if sequence != self._file.sequence:
            raise RepresentationError(
                f"{self.path} holds features of {self._file.sequence} "
                f"({len(self._file.sequence)} residues), not of {sequence} ({len(sequence)})."
            )
        return self._file.features


def read_npz(path: Path) -> FeatureFile:
    """Read and check a file.

    Raises
    ------
    RepresentationError
        If it cannot be read, or does not fit its own sequence.
    """
    try:
        arrays = read_arrays(path, ARRAYS)
    except (OSError, FormatError) as error:
        raise RepresentationError(
            f"{path} is not a feature file ({error}): it should be an NPZ with node (L, c), "
            "sequence, representation and, where there are some, pair (L, L, c)."
        ) from error
    sequence = check_sequence(str(arrays["sequence"]))
    pair = torch.from_numpy(arrays["pair"]) if "pair" in arrays else None
    features = Features(torch.from_numpy(arrays["node"]), pair)
    checked = check_features(features, sequence, str(path))
    return FeatureFile(str(arrays["representation"]), sequence, checked)


def write_npz(path: Path, name: str, sequence: str, features: Features) -> None:
    """Write a file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    arrays: dict[str, Any] = {"node": features.node.cpu().numpy()}
    if features.pair is not None:
        arrays["pair"] = features.pair.cpu().numpy()
    arrays |= {"sequence": np.array(sequence), "representation": np.array(name)}
    # stored, not compressed: random numbers hardly shrink
    write_files({path: lambda file: np.savez(file, **arrays)})
