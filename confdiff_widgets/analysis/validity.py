"""Could this be a protein chain at all: no atoms on top of each other, no broken bonds.

The two CA checks that CONFDIFF reports (Wang et al. 2024, Val-clash and Val-bond), with fixed
cut-offs so that numbers compare between proteins; the published code takes the bond cut-off from
the longest one in the reference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .features import ca_distances

CLASH_DISTANCE = 3.0
"""Å: two CA van der Waals radii (1.7) less an allowed overlap of 0.4."""

BREAK_DISTANCE = 4.2
"""Å: a trans peptide has 3.8, a cis peptide 2.9."""


def clash_free(ca: ArrayLike, *, min_distance: float = CLASH_DISTANCE) -> NDArray[np.bool_]:
    """Per conformer: no CA pair is nearer than `min_distance`.

    Neighbours count too, so a cis peptide (CA–CA 2.9 Å) is a clash by this definition.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    min_distance : float
        Å.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    ca = input_checks.ensemble(ca, "ca", min_residues=2)
    return np.all(ca_distances(ca) >= min_distance, axis=1)


def unbroken(
    ca: ArrayLike, *, max_distance: float = BREAK_DISTANCE, residues: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Per conformer: no two neighbouring CA atoms are farther apart than `max_distance`.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    max_distance : float
        Å.
    residues : array_like of int, shape (L,), optional
        Numbers of the residues in the chain; where one is skipped there is no bond to break.
        Default: none is.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    ca = input_checks.ensemble(ca, "ca", min_residues=2)
    sound = np.linalg.norm(np.diff(ca, axis=1), axis=-1) <= max_distance
    if residues is not None:
        sound |= np.diff(np.asarray(residues)) > 1
    return np.all(sound, axis=1)


def val_clash(ca: ArrayLike, *, min_distance: float = CLASH_DISTANCE) -> float:
    """Fraction of conformers that are `clash_free`; 1 is good."""
    return float(clash_free(ca, min_distance=min_distance).mean())


def val_bond(ca: ArrayLike, *, max_distance: float = BREAK_DISTANCE) -> float:
    """Fraction of conformers that are `unbroken`; 1 is good."""
    return float(unbroken(ca, max_distance=max_distance).mean())
