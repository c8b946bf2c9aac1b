"""Diversity of an ensemble: pairwise RMSD, pairwise TM-score and RMSF."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .input_checks import Floats
from .superposition import paired_rmsd, superpose

TM_RESIDUES = 3
"""Length of the shortest chain with a defined TM-score."""


def mean_pairwise_rmsd(ca: ArrayLike, *, max_pairs: int = 20_000, seed: int = 0) -> float:
    """Compute the mean CA-RMSD after superposition over pairs of frames.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å, at least two frames.
    max_pairs : int
        Number of random pairs; all pairs are used if there are no more than this.
    seed : int
        Seed for the choice of pairs.

    Returns
    -------
    float
        Å.
    """
    ca = input_checks.ensemble(ca, "ca", min_frames=2)
    i, j = frame_pairs(len(ca), max_pairs, np.random.default_rng(seed))
    return float(paired_rmsd(ca[i], ca[j]).mean())


def mean_pairwise_tm(ca: ArrayLike, *, max_pairs: int = 500, seed: int = 0) -> float:
    """Compute the mean TM-score over pairs of frames with `tmtools`, residues aligned by index.

    The TM-score (Zhang & Skolnick, Proteins 57, 702, 2004) is 1 for equal structures. Its distance
    scale d0 grows with the chain and is 0.5 Å for up to 21 residues, which makes the score strict
    for peptides: compare it with that of the reference, not with the usual 0.5 for "same fold".

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å, at least two frames of at least three residues.
    max_pairs, seed : int
        As in `mean_pairwise_rmsd`; a pair costs 0.05 ms for 10 residues, 0.4 ms for 30.

    Returns
    -------
    float
    """
    ca = input_checks.ensemble(ca, "ca", min_frames=2, min_residues=TM_RESIDUES)
    return mean_tm(ca, *frame_pairs(len(ca), max_pairs, np.random.default_rng(seed)))


def rmsf(ca: ArrayLike, reference: ArrayLike | None = None, *, max_rounds: int = 50) -> Floats:
    """Compute the root-mean-square fluctuation (RMSF) of each residue about its mean position.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å, at least two frames.
    reference : array_like, shape (L, 3), optional
        Structure to superpose on, which makes ensembles of one protein comparable. By default,
        frames are superposed on the mean of the ensemble, found iteratively from the first frame;
        for a flexible chain the result depends on that frame.
    max_rounds : int
        Largest number of rounds of superposition and averaging. Iteration stops early when the
        mean moves by less than 1e-6 Å.

    Returns
    -------
    ndarray, shape (L,)
        Å.
    """
    ca = input_checks.ensemble(ca, "ca", min_frames=2)
    if reference is not None:
        return fluctuation(superpose(ca, reference))
    target = ca[0]
    for _ in range(max_rounds):
        superposed = superpose(ca, target)
        mean = superposed.mean(axis=0)
        if np.abs(mean - target).max() < 1e-6:
            break
        target = mean
    return fluctuation(superposed)


def fluctuation(superposed: Floats) -> Floats:
    """Compute the RMSF (L,) of superposed frames (N, L, 3)."""
    return np.sqrt(np.square(superposed - superposed.mean(axis=0)).sum(axis=-1).mean(axis=0))


def mean_tm(ca: Floats, i: NDArray, j: NDArray) -> float:
    """Compute the mean TM-score of frames `i` with frames `j` of CA positions (N, L, 3) in Å."""
    from tmtools import tm_align  # slow to import, and not needed for sampling

    input_checks.angstrom(ca, "ca")
    letters = "A" * ca.shape[1]  # with a given alignment, tmtools uses letters as labels only
    aligned = [letters, letters]
    scores = [
        tm_align(ca[a], ca[b], letters, letters, aligned).tm_norm_chain1
        for a, b in zip(i, j, strict=True)
    ]
    return float(np.mean(scores))


def frame_pairs(n_frames: int, max_pairs: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Choose pairs of different frames: all pairs i < j, or `max_pairs` random ones.

    Random pairs are drawn with replacement.
    """
    if max_pairs < 1:
        raise ValueError(f"max_pairs is {max_pairs}. It must be at least 1")
    if n_frames * (n_frames - 1) // 2 <= max_pairs:
        i, j = np.triu_indices(n_frames, k=1)
        return i, j
    i = rng.integers(n_frames, size=max_pairs)
    return i, (i + rng.integers(1, n_frames, size=max_pairs)) % n_frames
