"""Fraction of native contacts Q, from CA positions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .features import pair_indices
from .input_checks import Floats

CUTOFF = 8.0
"""CA–CA distance (Å) of the folded structure below which two residues are in contact."""

MIN_SEPARATION = 3
"""Smallest |i − j| of a contact."""

TOLERANCE = 1.2
"""A contact is formed up to this multiple of its distance in the folded structure."""


def native_pairs(folded: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the residues i and j > i of the contacts of a structure (L, 3), CA positions in Å."""
    folded = input_checks.structure(folded, "folded")
    i, j = pair_indices(len(folded), MIN_SEPARATION)
    near = np.linalg.norm(folded[i] - folded[j], axis=-1) < CUTOFF
    return i[near], j[near]


def native_contact_fraction(ca: ArrayLike, folded: ArrayLike) -> Floats:
    """Compute the fraction of the native contacts that each frame has formed.

    The contacts are the pairs with |i − j| ≥ 3 and a CA–CA distance below 8 Å in the folded
    structure. One is formed if its distance is at most 1.2 times the native one, the usual
    tolerance for CA atoms (Best, Hummer and Eaton, PNAS 110, 17874, 2013), without smoothing.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    folded : array_like, shape (L, 3)
        CA positions of the folded structure, in Å.

    Returns
    -------
    ndarray, shape (N,)
        From 0 to 1; NaN if the folded structure has no contacts.
    """
    ca = input_checks.ensemble(ca, "ca")
    folded = input_checks.structure(folded, "folded")
    input_checks.same_residues(ca, folded, "ca", "folded")
    i, j = native_pairs(folded)
    if not len(i):
        return np.full(len(ca), np.nan)
    native = np.linalg.norm(folded[i] - folded[j], axis=-1)
    distance = np.linalg.norm(ca[:, i] - ca[:, j], axis=-1)
    return (distance <= TOLERANCE * native).mean(axis=1)
