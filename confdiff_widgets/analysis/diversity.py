"""How different the conformers of an ensemble are from one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tmtools import tm_align

from . import input_checks
from .input_checks import Floats
from .superposition import paired_rmsd, superpose

TM_RESIDUES = 3
"""The shortest chain that a TM-score is defined for."""


def mean_pairwise_rmsd(ca: ArrayLike, *, max_pairs: int = 20_000, seed: int = 0) -> float:
    """Mean CA-RMSD after superposition over pairs of frames.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å, at least two frames.
    max_pairs : int
        All pairs where there are no more than this, else so many at random.
    seed : int
        Of the choice of pairs.

    Returns
    -------
    float
        Å.
    """
    ca = input_checks.ensemble(ca, "ca", min_frames=2)
    i, j = frame_pairs(len(ca), max_pairs, np.random.default_rng(seed))
    return float(paired_rmsd(ca[i], ca[j]).mean())


def mean_pairwise_tm(ca: ArrayLike, *, max_pairs: int = 500, seed: int = 0) -> float:
    """Mean TM-score over pairs of frames, by `tmtools`, residue i aligned with residue i.

    TM-score (Zhang & Skolnick, Proteins 57, 702, 2004) is 1 for equal structures. Its distance
    scale d0 grows with the chain and is held at 0.5 Å up to 21 residues, so for a peptide the
    score is strict: compare with the reference's own, not with the usual 0.5 for "same fold".

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
    """Root-mean-square fluctuation of each residue about the ensemble's mean position.

    Parameters
    ----------
    ca : array_like, shape (N, L, 3)
        CA positions in Å, at least two frames.
    reference : array_like, shape (L, 3), optional
        Superpose on this structure: ensembles of one protein are then seen in one frame of
        axes, and compare. Default: on the ensemble's own mean, found by turns, which for a
        flexible chain depends on where it starts (the first frame).
    max_rounds : int
        Of superposing and averaging, until the mean moves by less than 1e-6 Å.

    Returns
    -------
    ndarray, shape (L,)
        Å.
    """
    ca = input_checks.ensemble(ca, "ca", min_frames=2)
    if reference is not None:
        return spread(superpose(ca, reference))
    target = ca[0]
    for _ in range(max_rounds):
        placed = superpose(ca, target)
        mean = placed.mean(axis=0)
        if np.abs(mean - target).max() < 1e-6:
            break
        target = mean
    return spread(placed)


def spread(placed: Floats) -> Floats:
    """Root-mean-square distance of each residue to its mean, for superposed frames (N, L, 3)."""
    return np.sqrt(np.square(placed - placed.mean(axis=0)).sum(axis=-1).mean(axis=0))


def mean_tm(ca: Floats, i: NDArray, j: NDArray) -> float:
    """Mean TM-score of frames `i` with frames `j` of CA positions (N, L, 3) in Å."""
    letters = "A" * ca.shape[1]  # with the alignment given, letters are only labels
    aligned = [letters, letters]
    scores = [
        tm_align(ca[a], ca[b], letters, letters, aligned).tm_norm_chain1
        for a, b in zip(i, j, strict=True)
    ]
    return float(np.mean(scores))


def frame_pairs(n_frames: int, max_pairs: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Pairs i != j of frames: all of them (i < j), or `max_pairs` at random.

    Random pairs are drawn with replacement; each is of two different frames.
    """
    if max_pairs < 1:
        raise ValueError(f"max_pairs is {max_pairs}, must be at least 1")
    if n_frames * (n_frames - 1) // 2 <= max_pairs:
        i, j = np.triu_indices(n_frames, k=1)
        return i, j
    i = rng.integers(n_frames, size=max_pairs)
    return i, (i + rng.integers(1, n_frames, size=max_pairs)) % n_frames
