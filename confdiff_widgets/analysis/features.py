"""Features of CA coordinates: distances, radius of gyration and contact rates.

Arrays are (N frames, L residues, 3) in Å. All features are invariant under rotation and
translation of each frame.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .input_checks import Floats

BLOCK_SIZE = 1 << 19
"""Numbers in a temporary array: 4 MB as float64, about the size of a processor's cache."""

BYTES_PER_PAIR = 16
"""Memory of the indices of pairs for each entry of the matrix (L, L)."""

PAIRS_PER_BLOCK, FRAMES_PER_BLOCK = 64, 2048
"""Pairs and frames of a block of distances: 1 MB, so that several arrays fit into the cache."""

CONTACT_CUTOFF = 10.0
"""Å between CA atoms below which two residues are in contact (Wang et al. 2024)."""

MIN_SEPARATION = 3
"""Smallest |i - j| of the CA pairs in JS-PwD and in contacts; closer pairs hardly vary."""


def pair_indices(n_residues: int, min_separation: int = 1) -> tuple[NDArray, NDArray]:
    """List the residue pairs i < j with j - i >= `min_separation`, in row order.

    Returns
    -------
    i, j : ndarray of int, shape (P,)

    Raises
    ------
    ValueError
        If no pair is that far apart in sequence.
    AnalysisSizeError
        If the pairs do not fit into the memory.
    """
    input_checks.fits_memory(BYTES_PER_PAIR * n_residues**2, n_residues)
    if min_separation < 1:
        raise ValueError(f"min_separation is {min_separation}. It must be at least 1")
    i, j = np.triu_indices(n_residues, k=min_separation)
    if len(i) == 0:
        raise ValueError(
            f"{n_residues} residues have no pair with |i - j| >= {min_separation}. "
            "Use a longer chain or a smaller min_separation"
        )
    return i, j


def frame_blocks(ca: Floats) -> Iterator[slice]:
    """Split the frames of (N, L, 3) into slices for work on all pairs of residues.

    A temporary array with three numbers for each pair then has at most `BLOCK_SIZE` numbers, or
    those of one frame.
    """
    n_frames, n_residues, _ = ca.shape
    length = max(1, BLOCK_SIZE // max(1, 3 * n_residues**2 // 2))
    for start in range(0, n_frames, length):
        yield slice(start, min(start + length, n_frames))


def distance_blocks(ca: Floats, i: NDArray, j: NDArray) -> Iterator[tuple[slice, slice, Floats]]:
    """Compute the CA–CA distances of pairs (i, j) in blocks, so that memory is independent of L².

    Parameters
    ----------
    ca : ndarray, shape (N, L, 3)
        CA positions in Å.
    i, j : ndarray of int, shape (P,)

    Yields
    ------
    pairs, frames : slice
        All frames of some pairs follow each other.
    distances : ndarray, shape (n, p)
        Å, of these frames and pairs.
    """
    x, y, z = np.ascontiguousarray(ca.transpose(2, 1, 0))
    for pairs in _blocks(len(i), PAIRS_PER_BLOCK):
        a, b = i[pairs], j[pairs]
        for frames in _blocks(len(ca), FRAMES_PER_BLOCK):
            yield pairs, frames, _distances(x[:, frames], y[:, frames], z[:, frames], a, b).T


def ca_distances(ca: ArrayLike, min_separation: int = 1) -> Floats:
    """Compute the CA–CA distances of every frame.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    min_separation : int
        Smallest |i - j| of a pair.

    Returns
    -------
    ndarray, shape (N, P)
        Å; columns in the order of `pair_indices`.
    """
    ca = input_checks.ensemble(ca, "ca")
    i, j = pair_indices(ca.shape[1], min_separation)
    found = np.empty((len(ca), len(i)))
    for part in frame_blocks(ca):
        # (L, n) each, with contiguous frames
        x, y, z = np.ascontiguousarray(ca[part].transpose(2, 1, 0))
        found[part] = _distances(x, y, z, i, j).T
    return found


def radius_of_gyration(ca: ArrayLike, *, per_residue: bool = False) -> Floats:
    """Compute the radius of gyration of CA atoms of equal mass, Rg² = mean_i |x_i - x̄|².

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    per_residue : bool
        Return |x_i - x̄| of each residue instead, which the published code of CONFDIFF calls Rg.

    Returns
    -------
    ndarray, shape (N,), or (N, L) with `per_residue`
        Å.
    """
    ca = input_checks.ensemble(ca, "ca")
    squared = np.square(ca - ca.mean(axis=1, keepdims=True)).sum(axis=-1)
    return np.sqrt(squared) if per_residue else np.sqrt(squared.mean(axis=1))


def contact_rates(
    ca: ArrayLike, *, cutoff: float = CONTACT_CUTOFF, min_separation: int = MIN_SEPARATION
) -> Floats:
    """Compute the fraction of frames in which each residue pair is in contact.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å.
    cutoff : float
        Å; a contact is a CA–CA distance below this value.
    min_separation : int
        Smallest |i - j| of a pair.

    Returns
    -------
    ndarray, shape (P,)
        Rates between 0 and 1, in the order of `pair_indices`.
    """
    ca = input_checks.ensemble(ca, "ca")
    i, j = pair_indices(ca.shape[1], min_separation)
    total = np.zeros(len(i))
    for pairs, _, distances in distance_blocks(ca, i, j):
        total[pairs] += np.count_nonzero(distances < cutoff, axis=0)
    return total / len(ca)


def contact_rmse(
    sample: ArrayLike,
    reference: ArrayLike,
    *,
    cutoff: float = CONTACT_CUTOFF,
    min_separation: int = MIN_SEPARATION,
    reduction: str = "mean",
) -> float:
    """Compute the root mean square difference of contact rates, sqrt(mean_pairs (c - c_ref)²).

    Parameters
    ----------
    sample, reference : array_like, shapes (N, L, 3) and (M, L, 3)
        CA positions in Å.
    cutoff, min_separation
        As in `contact_rates`.
    reduction : {"mean", "sum"}
        "mean" does not depend on chain length. "sum" is the sqrt(Σ) of the published code, which
        does, and compares within one protein only.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the numbers of residues differ, or for an unknown `reduction`.
    """
    a = input_checks.ensemble(sample, "sample")
    b = input_checks.ensemble(reference, "reference")
    input_checks.same_residues(a, b, "sample", "reference")
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction is {reduction!r}. Use 'mean' or 'sum'")
    rates, wanted = (contact_rates(x, cutoff=cutoff, min_separation=min_separation) for x in (a, b))
    squared = np.square(rates - wanted)
    return float(np.sqrt(squared.mean() if reduction == "mean" else squared.sum()))


def _distances(x: Floats, y: Floats, z: Floats, i: NDArray, j: NDArray) -> Floats:
    """Compute distances (P, n) from coordinates (L, n) of each axis."""
    squared = np.square(x[i] - x[j])
    squared += np.square(y[i] - y[j])
    squared += np.square(z[i] - z[j])
    return np.sqrt(squared, out=squared)


def _blocks(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
