"""Read NPZ files against a description of their arrays, without trusting what they claim."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import psutil

from .reading import FormatError, check_regular

MAX_TEXT = 10_000_000
"""Characters of the longest text in an array."""


LARGEST_RATIO = 100
"""Sizes unpacked and packed: numbers that differ from row to row have less than 10."""

SMALL = 64 * 1024**2
"""Bytes below which any ratio is accepted: a short file may repeat a structure."""


class Array(NamedTuple):
    """One array of a file.

    Attributes
    ----------
    kinds : str
        Accepted kinds of numbers, as in `numpy.dtype.kind`: "f" for real numbers.
    shape : tuple
        Sizes; a name stands for any size, and is the same size in all arrays.
    finite : bool
        Whether NaN and infinity are refused.
    required : bool
    """

    kinds: str
    shape: tuple[int | str, ...]
    finite: bool = False
    required: bool = True


TEXT = Array("U", ())
"""A single text."""


def read_arrays(path: str | Path, schema: Mapping[str, Array]) -> dict[str, np.ndarray]:
    """Return the arrays of an NPZ file that a schema names; others are ignored.

    Nothing is unpickled, and no memory is taken before the sizes are known.

    Raises
    ------
    OSError
        If the file is missing or cannot be read.
    FormatError
        If an array is missing, damaged, of another kind or shape, or does not fit into memory.
    """
    path = Path(path)
    check_regular(path)
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return _read(archive, schema)
        except FormatError:
            raise
        except Exception as error:  # damage makes zipfile, zlib and numpy raise anything
            raise FormatError(f"{path.name} is not an NPZ file, or is damaged ({error})") from error


def check_ratio(size: int, packed: int) -> None:
    """Check that a compressed file does not unpack to more bytes than data do.

    Raises
    ------
    FormatError
        With both sizes.
    """
    if size > SMALL and size > LARGEST_RATIO * packed:
        raise FormatError(
            f"its {packed / 1024**2:.1f} MB unpack to {size / 1024**2:.0f} MB, which data never do"
        )


def check_archive(archive: zipfile.ZipFile) -> int:
    """Return the unpacked size of an archive in bytes; raises as `check_ratio`."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    check_ratio(size, sum(part.compress_size for part in parts))
    return size


def _read(archive: zipfile.ZipFile, schema: Mapping[str, Array]) -> dict[str, np.ndarray]:
    check_archive(archive)
    members = {info.filename: info for info in archive.infolist()}
    sizes: dict[str, int] = {}
    found: dict[str, np.ndarray] = {}
    free = psutil.virtual_memory().available / 2
    for name, array in schema.items():
        info = members.get(f"{name}.npy")
        if info is None:
            if array.required:
                raise FormatError(f"it has no array {name}")
            continue
        with archive.open(info) as file:
            shape, dtype = _read_header(file)
        _check(name, array, shape, dtype, sizes)
        needed = math.prod(shape) * dtype.itemsize
        if needed > info.file_size:
            raise FormatError(f"{name} claims to have {needed:,} bytes, and has {info.file_size:,}")
        if needed > free:
            raise FormatError(f"{name} needs {needed / 2**30:.1f} GiB, more than half the memory")
        free -= needed
        with archive.open(info) as file:
            value = np.lib.format.read_array(file, allow_pickle=False)
        if array.finite and not np.isfinite(value).all():
            raise FormatError(f"{name} contains NaN or infinite numbers")
        found[name] = value
    return found


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise FormatError(f"an array has the unknown version {version}")
    shape, _, dtype = read(file)
    return shape, dtype


def _check(
    name: str, array: Array, shape: tuple[int, ...], dtype: np.dtype, sizes: dict[str, int]
) -> None:
    if dtype.kind not in array.kinds:
        raise FormatError(f"{name} contains values of type {dtype}")
    if dtype.kind == "U" and dtype.itemsize > 4 * MAX_TEXT:
        raise FormatError(f"{name} is a text of more than {MAX_TEXT:,} characters")
    matches = len(shape) == len(array.shape) and all(
        size == (wanted if isinstance(wanted, int) else sizes.setdefault(wanted, size))
        for size, wanted in zip(shape, array.shape, strict=True)
    )
    if not matches:
        known = ", ".join(str(sizes.get(str(size), size)) for size in array.shape)
        raise FormatError(f"{name} has the shape {shape}, expected ({known})")
