"""NPZ files with the conformers of this package, of BioEmu or of the user."""

from __future__ import annotations

import json
import math
import struct
import zlib
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from ..files.arrays import check_archive
from ..geometry.structure import ANGSTROM_PER_NM, StructureError
from .text_files import LARGEST_UNPACKED

UNREADABLE = (
    OSError, EOFError, ValueError, TypeError, AttributeError, LookupError, MemoryError,
    RuntimeError, BadZipFile, struct.error, zlib.error,
)  # fmt: skip
"""Exceptions of NumPy and zipfile for damaged, encrypted or newer archives."""

_SHAPES = {"atom14": (14, 3), "backbone": (4, 3), "ca": (3,), "pos": (3,)}
"""Shape of an array of one residue, by name; the first array that a file has is read."""


class PositionArray(NamedTuple):
    """Positions in an NPZ file."""

    sequence: str
    kind: str  # "atom14", "backbone" or "ca"
    positions: NDArray[np.float32]  # (N, L, 14, 3), (N, L, 4, 3) or (N, L, 3), Å


def read_positions(path: Path) -> PositionArray:
    """Read ``atom14``, ``backbone``, ``ca`` (Å) or ``pos`` (BioEmu, nm), and ``sequence``.

    Raises
    ------
    StructureError
        If the file cannot be read, lacks these arrays, or they have another shape or type.
    """
    try:
        _check_unpacked(path)
        with np.load(path, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files if key in (*_SHAPES, "sequence")}
            names = stored.files
    except UNREADABLE as error:
        raise StructureError(
            f"Cannot read {path}: {error}. The file is damaged, or not an NPZ file."
        ) from error
    if "sequence" not in arrays:
        raise StructureError(f"{path} has no array `sequence`. Add the one-letter sequence.")
    sequence = str(arrays["sequence"])
    kind = next((key for key in _SHAPES if key in arrays), None)
    if kind is None:
        raise StructureError(
            f"{path} has the arrays {', '.join(names)}. Store `ca` (N, L, 3) or `backbone` "
            "(N, L, 4, 3) in Å."
        )
    found, shape = arrays[kind], (len(sequence), *_SHAPES[kind])
    if found.dtype.kind not in "fiu":
        raise StructureError(
            f"{path}: `{kind}` has the type {found.dtype}. Coordinates are real numbers; store "
            "them as float32."
        )
    if found.shape[1:] != shape or not len(found):
        raise StructureError(
            f"{path}: `{kind}` has shape {found.shape}. Expected (N, "
            f"{', '.join(map(str, shape))}) for the {len(sequence)} residues of its sequence."
        )
    positions = found.astype(np.float32)
    if kind == "pos":
        return PositionArray(sequence, "ca", positions * np.float32(ANGSTROM_PER_NM))
    return PositionArray(sequence, kind, positions)


def read_temperature(path: Path) -> float | None:
    """Return the temperature (K) in the settings of an ensemble that this package sampled."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = json.loads(str(stored["settings"]))["temperature_k"]
    except UNREADABLE:  # other files have other settings, or none
        return None
    return float(found) if isinstance(found, (int, float)) and math.isfinite(found) else None


def _check_unpacked(path: Path) -> None:
    """Raise a ValueError for an NPZ file that unpacks to more bytes than conformers need."""
    if not is_zipfile(path):
        return
    with ZipFile(path) as archive:
        size = check_archive(archive)
    if size > LARGEST_UNPACKED:
        limit = LARGEST_UNPACKED // 1024**3
        raise ValueError(f"it has {size / 1024**3:.0f} GB when unpacked, more than {limit} GB")
