"""What is measured on CA coordinates: distances, radius of gyration, contacts.

Arrays are (N frames, L residues, 3) in Å. All features are invariant under rotation and
translation of each frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .chunks import pairs_slices
from .input_checks import Floats

CONTACT_CUTOFF = 10.0
"""Å between CA atoms below which two residues are in contact (Wang et al. 2024)."""

MIN_SEPARATION = 3
"""|i - j| from which a CA pair counts in JS-PwD and in contacts; nearer pairs hardly move."""


def pair_indices(n_residues: int, min_separation: int = 1) -> tuple[NDArray, NDArray]:
    """Residue pairs i < j with j - i >= `min_separation`, in row order.

    Returns
    -------
    i, j : ndarray of int, shape (P,)

    Raises
    ------
    ValueError
        No pair is that far apart.
    """
    if min_separation < 1:
        raise ValueError(f"min_separation is {min_separation}, must be at least 1")
    i, j = np.triu_indices(n_residues, k=min_separation)
    if len(i) == 0:
        raise ValueError(
            f"{n_residues} residues have no pair with |i - j| >= {min_separation}: "
            "use a longer chain or a smaller min_separation"
        )
    return i, j


def ca_distances(ca: ArrayLike, min_separation: int = 1) -> Floats:
    """CA–CA distances of every frame.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    min_separation : int
        Pairs with |i - j| >= this.

    Returns
    -------
    ndarray, shape (N, P)
        Å; columns in the order of `pair_indices`.
    """
    ca = input_checks.ensemble(ca, "ca")
    i, j = pair_indices(ca.shape[1], min_separation)
    found = np.empty((len(ca), len(i)))
    for part in pairs_slices(ca):
        x, y, z = np.ascontiguousarray(ca[part].transpose(2, 1, 0))  # (L, n) each: long rows
        squared = np.square(x[i] - x[j])
        squared += np.square(y[i] - y[j])
        squared += np.square(z[i] - z[j])
        found[part] = np.sqrt(squared, out=squared).T
    return found


def radius_of_gyration(ca: ArrayLike, *, per_residue: bool = False) -> Floats:
    """Radius of gyration of the CA atoms, equal masses: Rg² = mean_i |x_i - x̄|².

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    per_residue : bool
        Give |x_i - x̄| of each residue instead, which is what the published code of CONFDIFF
        calls Rg.

    Returns
    -------
    ndarray, shape (N,), or (N, L) per residue
        Å.
    """
    ca = input_checks.ensemble(ca, "ca")
    squared = np.square(ca - ca.mean(axis=1, keepdims=True)).sum(axis=-1)
    return np.sqrt(squared) if per_residue else np.sqrt(squared.mean(axis=1))


def contact_rates(
    ca: ArrayLike, *, cutoff: float = CONTACT_CUTOFF, min_separation: int = MIN_SEPARATION
) -> Floats:
    """Fraction of frames in which each residue pair is in contact.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    cutoff : float
        Å; a contact is a CA–CA distance below this.
    min_separation : int
        Pairs with |i - j| >= this.

    Returns
    -------
    ndarray, shape (P,)
        Rates between 0 and 1, in the order of `pair_indices`.
    """
    ca = input_checks.ensemble(ca, "ca")
    total: Floats | float = 0.0
    for part in pairs_slices(ca):
        total = total + (ca_distances(ca[part], min_separation) < cutoff).sum(axis=0)
    return np.asarray(total / len(ca))


def contact_rmse(
    sample: ArrayLike,
    reference: ArrayLike,
    *,
    cutoff: float = CONTACT_CUTOFF,
    min_separation: int = MIN_SEPARATION,
    reduction: str = "mean",
) -> float:
    """Difference of two ensembles' contact rates c: sqrt(mean over pairs of (c - c_ref)²).

    Parameters
    ----------
    sample, reference : array_like, shapes (N, L, 3) and (M, L, 3)
        CA positions in Å.
    cutoff, min_separation
        As in `contact_rates`.
    reduction : {"mean", "sum"}
        "mean" is a root *mean* square and does not grow with the chain. "sum" is the published
        code's sqrt(Σ), which does: compare it within one protein only.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Different numbers of residues, or an unknown `reduction`.
    """
    a = input_checks.ensemble(sample, "sample")
    b = input_checks.ensemble(reference, "reference")
    input_checks.same_residues(a, b, "sample", "reference")
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction is {reduction!r}, must be 'mean' or 'sum'")
    rates, wanted = (contact_rates(x, cutoff=cutoff, min_separation=min_separation) for x in (a, b))
    squared = np.square(rates - wanted)
    return float(np.sqrt(squared.mean() if reduction == "mean" else squared.sum()))
