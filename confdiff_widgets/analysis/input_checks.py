"""Input checks shared by the analysis functions: each error names the value and the cure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_LAYOUT = {3: "(N frames, L residues, 3)", 4: "(N frames, L residues, 4 atoms N-CA-C-O, 3)"}


def ensemble(
    coordinates: ArrayLike, name: str, *, min_frames: int = 1, min_residues: int = 1
) -> Floats:
    """CA coordinates as float64, checked.

    Parameters
    ----------
    coordinates : array_like, shape (N, L, 3)
        CA positions in Å.
    name : str
        What to call the array in an error.
    min_frames, min_residues : int
        The fewest frames and residues that the caller can work with.

    Returns
    -------
    ndarray, shape (N, L, 3)

    Raises
    ------
    ValueError
        Wrong shape, too few frames or residues, NaN or infinite coordinates.
    """
    return _checked(coordinates, name, 3, min_frames, min_residues)


def backbone_ensemble(
    coordinates: ArrayLike, name: str, *, min_frames: int = 1, min_residues: int = 1
) -> Floats:
    """Backbone coordinates (N, L, 4, 3) in Å, atoms N, CA, C, O, as float64, checked."""
    return _checked(coordinates, name, 4, min_frames, min_residues)


def structure(coordinates: ArrayLike, name: str) -> Floats:
    """One CA structure: (L, 3), or (1, L, 3) as one frame, in Å."""
    array = np.asarray(coordinates, dtype=np.float64)
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 2 or array.shape[1] != 3:
        raise ValueError(
            f"{name} has shape {array.shape}, expected one structure (L residues, 3): "
            f"pick a frame, for example {name}[0]"
        )
    return ensemble(array[None], name)[0]


def table(values: ArrayLike, name: str, *, min_frames: int = 1) -> Floats:
    """Features of an ensemble, shape (N frames, D features), as float64, checked."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}, expected (N frames, D features)")
    if len(array) < min_frames:
        raise ValueError(f"{name} has {len(array)} frame(s), at least {min_frames} needed")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has NaN or infinite features: drop those frames")
    return array


def same_residues(a: Floats, b: Floats, name_a: str, name_b: str) -> None:
    """Raise unless two arrays (..., L, 3) hold the same number of residues."""
    if a.shape[-2] != b.shape[-2]:
        raise ValueError(
            f"{name_a} has {a.shape[-2]} residues and {name_b} has {b.shape[-2]}: "
            "both must be the same protein with the same residues, in the same order"
        )


def angstrom(ca: Floats, name: str) -> None:
    """Raise where CA coordinates are evidently in nm (median neighbour distance < 1 Å)."""
    if ca.shape[-2] < 2:
        return
    median = float(np.median(np.linalg.norm(np.diff(ca, axis=-2), axis=-1)))
    if median < 1.0:
        raise ValueError(
            f"neighbouring CA atoms of {name} are {median:.3f} apart (median), expected 3.8 Å: "
            "the coordinates look like nm, multiply them by 10"
        )


def _checked(
    coordinates: ArrayLike, name: str, ndim: int, min_frames: int, min_residues: int
) -> Floats:
    array = np.asarray(coordinates, dtype=np.float64)
    wrong = array.ndim != ndim or array.shape[-1] != 3 or (ndim == 4 and array.shape[2] != 4)
    if wrong:
        hint = f"; for one structure pass {name}[None]" if array.ndim == ndim - 1 else ""
        raise ValueError(f"{name} has shape {array.shape}, expected {_LAYOUT[ndim]}{hint}")
    if array.shape[0] < min_frames:
        raise ValueError(
            f"{name} has {array.shape[0]} frame(s), at least {min_frames} needed: add frames"
        )
    if array.shape[1] < min_residues:
        raise ValueError(
            f"{name} has {array.shape[1]} residue(s), at least {min_residues} needed here"
        )
    bad = ~np.isfinite(array).all(axis=tuple(range(1, ndim)))
    if bad.any():
        raise ValueError(
            f"{name} has NaN or infinite coordinates in {int(bad.sum())} of {len(array)} frames "
            f"(first: frame {int(np.argmax(bad))}): drop those frames, or look for the step of "
            "the run that blew up"
        )
    return array
