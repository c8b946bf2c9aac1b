"""Validity of conformers: clashes of CA and of backbone atoms, and broken bonds.

Val-clash and Val-bond as reported for CONFDIFF (Wang et al. 2024), with fixed cut-offs so that
values compare between proteins. The published code takes the bond cut-off from the longest
CA–CA bond of the reference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .features import ca_distances, pair_indices

CLASH_DISTANCE = 3.0
"""Smallest valid CA–CA distance (Å): two van der Waals radii of 1.7 less an overlap of 0.4."""

BREAK_DISTANCE = 4.2
"""Largest valid CA–CA distance (Å) of neighbours; it is 3.8 in trans and 2.9 in cis peptides."""


BACKBONE_CLASH_DISTANCE = 2.5
"""Smallest valid distance (Å) of N, CA, C and O atoms of residues with |i - j| ≥ 2."""

CA_REACH = 7.5
"""Residues whose CA atoms are further apart (Å) have no backbone atoms closer than 2.5 Å."""


def clash_free(ca: ArrayLike, *, min_distance: float = CLASH_DISTANCE) -> NDArray[np.bool_]:
    """Return whether each conformer has no CA pair closer than `min_distance`.

    Neighbours are included, so that a cis peptide (CA–CA 2.9 Å) counts as a clash.

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


def backbone_clash_free(backbone: ArrayLike) -> NDArray[np.bool_]:
    """Return whether no N, CA, C or O atoms of a conformer with |i - j| ≥ 2 are < 2.5 Å apart.

    Parameters
    ----------
    backbone : array_like, shape (N, L, 4, 3)
        Positions in Å of N, CA, C, O.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    backbone = input_checks.backbone_ensemble(backbone, "backbone", min_residues=2)
    i, j = pair_indices(backbone.shape[1], 2)
    frame, pair = np.nonzero(ca_distances(backbone[:, :, 1], 2) < CA_REACH)
    a, b = backbone[frame, i[pair], :, None], backbone[frame, j[pair], None]
    close = (np.square(a - b).sum(axis=-1) < BACKBONE_CLASH_DISTANCE**2).any(axis=(1, 2))
    free = np.ones(len(backbone), dtype=bool)
    free[frame[close]] = False
    return free


def unbroken(
    ca: ArrayLike, *, max_distance: float = BREAK_DISTANCE, residues: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Return whether no neighbouring CA atoms of a conformer are more than `max_distance` apart.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    max_distance : float
        Å.
    residues : array_like of int, shape (L,), optional
        Residue numbers. Residues that are not consecutive have no bond. By default, all are
        consecutive.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    ca = input_checks.ensemble(ca, "ca", min_residues=2)
    intact = np.linalg.norm(np.diff(ca, axis=1), axis=-1) <= max_distance
    if residues is not None:
        intact |= np.diff(np.asarray(residues)) > 1
    return np.all(intact, axis=1)


def val_clash(ca: ArrayLike, *, min_distance: float = CLASH_DISTANCE) -> float:
    """Compute Val-clash, the fraction of conformers that are `clash_free` (ideally 1)."""
    return float(clash_free(ca, min_distance=min_distance).mean())


def val_bond(ca: ArrayLike, *, max_distance: float = BREAK_DISTANCE) -> float:
    """Compute Val-bond, the fraction of conformers that are `unbroken` (ideally 1)."""
    return float(unbroken(ca, max_distance=max_distance).mean())
