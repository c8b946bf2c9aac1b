"""Input checks of the analysis functions, with errors that name the value and the fix."""

from __future__ import annotations

import numpy as np
import psutil
from numpy.typing import ArrayLike, NDArray

from ..errors import UserError

Floats = NDArray[np.float64]

LARGEST_EXTENT = 10_000.0
"""Å. No chain is longer, and the search for a TM-score takes time in proportion to the extent."""
_LAYOUT = {3: "(N frames, L residues, 3)", 4: "(N frames, L residues, 4 atoms N-CA-C-O, 3)"}


def ensemble(
    coordinates: ArrayLike, name: str, *, min_frames: int = 1, min_residues: int = 1
) -> Floats:
    """Check CA coordinates and return them as float64.

    Parameters
    ----------
    coordinates : array_like, shape (N, L, 3)
        CA positions in Å.
    name : str
        Name of the array in error messages.
    min_frames, min_residues : int
        Smallest acceptable numbers of frames and residues.

    Returns
    -------
    ndarray, shape (N, L, 3)

    Raises
    ------
    ValueError
        For a wrong shape, too few frames or residues, or NaN or infinite coordinates.
    """
    return _checked(coordinates, name, 3, min_frames, min_residues)


def backbone_ensemble(
    coordinates: ArrayLike, name: str, *, min_frames: int = 1, min_residues: int = 1
) -> Floats:
    """Check backbone coordinates (N, L, 4, 3) of N, CA, C, O and return them as float64."""
    return _checked(coordinates, name, 4, min_frames, min_residues)


def structure(coordinates: ArrayLike, name: str) -> Floats:
    """Check the CA coordinates of one structure, (L, 3) or (1, L, 3) in Å, and return (L, 3)."""
    array = real(coordinates, name)
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 2 or array.shape[1] != 3:
        raise ValueError(
            f"{name} has shape {array.shape}, expected one structure (L residues, 3). "
            f"Select a frame, for example {name}[0]"
        )
    return ensemble(array[None], name)[0]


def real(values: ArrayLike, name: str) -> Floats:
    """Return real numbers as float64; NumPy would drop imaginary parts with a warning only."""
    array = np.asarray(values)
    if array.dtype.kind == "c":
        raise ValueError(f"{name} has complex numbers. Pass real numbers")
    return array.astype(np.float64, copy=False)


def table(values: ArrayLike, name: str, *, min_frames: int = 1) -> Floats:
    """Check features (N frames, D features) of an ensemble and return them as float64."""
    array = real(values, name)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}. Expected (N frames, D features)")
    if len(array) < min_frames:
        raise ValueError(
            f"{name} has {len(array)} frame(s), at least {min_frames} needed. Add frames"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has NaN or infinite features. Remove those frames")
    return array


def same_residues(a: Floats, b: Floats, name_a: str, name_b: str) -> None:
    """Raise a ValueError unless two arrays (..., L, 3) have the same number of residues."""
    if a.shape[-2] != b.shape[-2]:
        raise ValueError(
            f"{name_a} has {a.shape[-2]} residues and {name_b} has {b.shape[-2]}. "
            "Pass the same residues of the same protein in the same order"
        )


class AnalysisSizeError(UserError):
    """An analysis does not fit into the memory."""


def fits_memory(n_bytes: float, n_residues: int) -> None:
    """Refuse arrays of pairs of residues that need more than half of the free memory.

    Raises
    ------
    AnalysisSizeError
    """
    free = psutil.virtual_memory().available
    if n_bytes > free / 2:
        raise AnalysisSizeError(
            f"The pairs of {n_residues} residues need about {n_bytes / 2**30:.1f} GiB, and "
            f"{free / 2**30:.1f} GiB are free. Compare domains of fewer residues, or use a machine "
            "with more memory."
        )


def angstrom(ca: Floats, name: str) -> None:
    """Raise a ValueError if CA coordinates cannot be in Å.

    They seem to be in nm if the median distance of neighbours is below 1 Å; a chain of more than
    `LARGEST_EXTENT` has another unit or has diverged.
    """
    extent = np.ptp(ca, axis=-2).max(axis=-1, initial=0.0).reshape(-1)
    if extent.size and extent.max() > LARGEST_EXTENT:
        raise ValueError(
            f"frame {int(extent.argmax())} of {name} extends over {extent.max():.3g} Å, more than "
            f"{LARGEST_EXTENT:g} Å. Check the unit of the coordinates, or remove diverged frames"
        )
    if ca.shape[-2] < 2:
        return
    median = float(np.median(np.linalg.norm(np.diff(ca, axis=-2), axis=-1)))
    if median < 1.0:
        raise ValueError(
            f"neighbouring CA atoms of {name} are {median:.3f} apart (median), expected 3.8 Å. "
            "The coordinates look like nm, multiply them by 10"
        )


def _checked(
    coordinates: ArrayLike, name: str, ndim: int, min_frames: int, min_residues: int
) -> Floats:
    array = real(coordinates, name)
    wrong = array.ndim != ndim or array.shape[-1] != 3 or (ndim == 4 and array.shape[2] != 4)
    if wrong:
        hint = f". For one structure pass {name}[None]" if array.ndim == ndim - 1 else ""
        raise ValueError(f"{name} has shape {array.shape}, expected {_LAYOUT[ndim]}{hint}")
    if array.shape[0] < min_frames:
        raise ValueError(
            f"{name} has {array.shape[0]} frame(s), at least {min_frames} needed. Add frames"
        )
    if array.shape[1] < min_residues:
        raise ValueError(f"{name} has {array.shape[1]} residue(s), at least {min_residues} needed")
    bad = ~np.isfinite(array).all(axis=tuple(range(1, ndim)))
    if bad.any():
        raise ValueError(
            f"{name} has NaN or infinite coordinates in {int(bad.sum())} of {len(array)} frames "
            f"(first: frame {int(np.argmax(bad))}). Remove those frames, or find the step at which "
            "the run diverged"
        )
    return array
