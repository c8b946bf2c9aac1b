"""Recovery of known states: RMSDens, hardest state, coverage and sampling efficiency.

The best CA-RMSD of N samples to the structure of a state measures how closely the ensemble
approaches it. RMSDens (Wang et al. 2024) is its mean over the states. Since the best of N decreases
with N for any sampler, it is reported as a curve over N, the *sampling efficiency*. Points below
the full number of samples are means ± sd over subsets drawn without replacement. The last point
uses all samples; its sd is 0 because there is only one such subset, not because it is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from . import input_checks
from .input_checks import Floats
from .superposition import rmsd_matrix

COVERED = 2.0
"""CA-RMSD (Å) below which a sample counts as being in a state."""

PARTS = 8
"""Disjoint parts of the samples for the intervals."""

SPLITS = 20
"""Random divisions into parts."""

T_QUANTILE = 2.36
"""97.5 % of Student's t with `PARTS` - 1 degrees of freedom."""

LEAST_FACTOR = 0.75
"""Smallest factor of the sd for each doubling, because the estimate scatters."""


@dataclass(frozen=True, eq=False)
class Recovery:
    """Best CA-RMSD of samples to known states.

    Attributes
    ----------
    names : tuple of str
        Names of the S states.
    sizes : ndarray of int, shape (T,)
        Increasing numbers of samples; the last is the number of all samples.
    best : ndarray, shape (T, S)
        Mean best CA-RMSD to each state, Å.
    best_sd : ndarray, shape (T, S)
        Standard deviation over subsets; 0 for the last size, which has one subset.
    ensemble, ensemble_sd : ndarray, shape (T,)
        RMSDens, the mean over states, and its sd over subsets, Å.
    rmsd : ndarray, shape (N, S)
        CA-RMSD of each sample to each state, Å.
    cutoff : float
        CA-RMSD (Å) below which a state is covered.
    """

    names: tuple[str, ...]
    sizes: np.ndarray
    best: Floats
    best_sd: Floats
    ensemble: Floats
    ensemble_sd: Floats
    rmsd: Floats
    cutoff: float

    @property
    def rmsd_ens(self) -> float:
        """RMSDens of all samples, Å."""
        return float(self.ensemble[-1])

    @property
    def hardest(self) -> int:
        """Index of the state with the largest best RMSD."""
        return int(self.best[-1].argmax())

    @property
    def covered(self) -> np.ndarray:
        """Whether each state (S,) has a sample within the cut-off."""
        return self.best[-1] < self.cutoff

    @property
    def coverage(self) -> float:
        """Fraction of the states with a sample within the cut-off."""
        return float(self.covered.mean())

    @property
    def occupancy(self) -> Floats:
        """Fraction (S,) of the samples within the cut-off of each state and closest to it."""
        nearest = self.rmsd.argmin(axis=1)
        near = self.rmsd.min(axis=1) < self.cutoff
        return np.array([(near & (nearest == s)).mean() for s in range(len(self.names))])

    def intervals(self, seed: int = 0) -> dict[str, Floats]:
        """Compute 95 % intervals, value ± 2.36 sd (7 degrees of freedom), from split samples.

        A bootstrap is not valid for the best of N: its samples nearly always contain the best ones.
        Instead, the samples are divided into `PARTS` disjoint parts, `SPLITS` times. The sd of a
        part is extrapolated to all samples: as n doubles, it falls by the same factor as the
        decrease of the mean best RMSD from one doubling to the next, both ~ n^(-1/d). The coverage
        is bounded by the states whose interval of the best RMSD is below or contains the cut-off.

        Returns
        -------
        dict
            Lower and upper bounds: "rmsd_ens" and "coverage" (2,), "best" (S, 2); the widest
            possible ones for fewer than `PARTS` samples.
        """
        rng, n = np.random.default_rng(seed), len(self.rmsd)
        size = n // PARTS
        if size == 0:
            states = len(self.names)
            wide = np.array([0.0, np.inf])
            return {
                "rmsd_ens": wide,
                "coverage": np.array([0.0, 1.0]),
                "best": np.tile(wide, (states, 1)),
            }
        orders = [rng.permutation(n)[: PARTS * size] for _ in range(SPLITS)]
        eighths = self.rmsd[np.array(orders)].reshape(SPLITS, PARTS, size, -1).min(axis=2)
        levels = [eighths]  # (SPLITS, parts, S)
        while levels[-1].shape[1] > 2:
            levels.append(np.minimum(levels[-1][:, ::2], levels[-1][:, 1::2]))

        def around(value: ArrayLike, parts: list[Floats]) -> Floats:
            half = T_QUANTILE * _extrapolated_sd(parts)
            value = np.asarray(value)
            return np.stack([np.maximum(value - half, 0.0), value + half], axis=-1)

        best = around(self.best[-1], levels)
        return {
            "rmsd_ens": around(self.rmsd_ens, [level.mean(axis=2) for level in levels]),
            "coverage": (best[:, ::-1] < self.cutoff).mean(axis=0),
            "best": best,
        }

    def to_dict(self) -> dict:
        """Return plain numbers and strings for JSON."""
        return {
            "names": list(self.names),
            "sizes": self.sizes.tolist(),
            "best": self.best.tolist(),
            "best_sd": self.best_sd.tolist(),
            "rmsd_ens": self.ensemble.tolist(),
            "rmsd_ens_sd": self.ensemble_sd.tolist(),
            "hardest": self.names[self.hardest],
            "coverage": self.coverage,
            "occupancy": self.occupancy.tolist(),
            "cutoff": self.cutoff,
        }


def state_recovery(
    sample: ArrayLike,
    states: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    sizes: Sequence[int] | None = None,
    n_subsets: int = 100,
    cutoff: float = COVERED,
    seed: int = 0,
) -> Recovery:
    """Compute the best CA-RMSD to each of several states as a function of the number of samples.

    Parameters
    ----------
    sample : array_like, shape (N, L, 3)
        CA positions in Å; a single sample is sufficient.
    states : array_like, shape (S, L, 3)
        CA positions of the states, in Å.
    names : sequence of str, optional
        Default: "1", "2", ...
    sizes : sequence of int, optional
        Numbers of samples. Default: 1, 2, 5, 10, 20, ... and all samples.
    n_subsets : int
        Number of random subsets for mean and sd.
    cutoff : float
        CA-RMSD (Å) below which a state is covered.
    seed : int

    Returns
    -------
    Recovery

    Raises
    ------
    ValueError
        For wrong shapes, different numbers of residues, NaN, or invalid sizes.
    """
    sample = input_checks.ensemble(sample, "sample")
    states = input_checks.ensemble(states, "states")
    input_checks.same_residues(sample, states, "sample", "states")
    for array, name in ((sample, "sample"), (states, "states")):
        input_checks.angstrom(array, name)
    names = tuple(str(s + 1) for s in range(len(states))) if names is None else tuple(names)
    if len(names) != len(states):
        raise ValueError(f"{len(names)} names for {len(states)} states. Name each state once")
    if not cutoff > 0 or n_subsets < 2:
        raise ValueError(
            f"cutoff is {cutoff} Å, n_subsets {n_subsets}. Use a positive cutoff and 2 or more"
        )
    n = len(sample)
    chosen = np.unique(default_sizes(n) if sizes is None else [*sizes, n]).astype(int)
    if chosen[0] < 1 or chosen[-1] > n:
        raise ValueError(
            f"sizes are {chosen[0]} to {chosen[-1]}, there are {n} samples. Use sizes from 1 to {n}"
        )
    rmsd = rmsd_matrix(sample, states)
    rng = np.random.default_rng(seed)
    best = np.empty((n_subsets, len(chosen), len(states)))
    best[:, -1] = rmsd.min(axis=0)
    for k in range(n_subsets):
        order = rng.permutation(n)
        start = 0
        least = np.full(len(states), np.inf)
        for t, size in enumerate(chosen[:-1]):
            least = np.minimum(least, rmsd[order[start:size]].min(axis=0))
            best[k, t], start = least, size
    ensemble = best.mean(axis=2)
    return Recovery(
        names=names,
        sizes=chosen,
        best=best.mean(axis=0),
        best_sd=best.std(axis=0, ddof=1),
        ensemble=ensemble.mean(axis=0),
        ensemble_sd=ensemble.std(axis=0, ddof=1),
        rmsd=rmsd,
        cutoff=float(cutoff),
    )


def _extrapolated_sd(levels: list[Floats]) -> Floats:
    """Return the sd (...) for all samples from values (SPLITS, parts, ...) of 8, 4 and 2 parts."""
    sd = np.sqrt(levels[0].var(axis=1, ddof=1).mean(axis=0))
    first, second, third = (level.mean(axis=(0, 1)) for level in levels)
    decrease = np.abs(first - second)
    factor = np.abs(second - third) / np.where(decrease > 0, decrease, 1.0)
    factor = np.where(decrease > 0, np.clip(factor, LEAST_FACTOR, 1.0), 1.0)
    return sd * factor**3


def default_sizes(n_samples: int) -> list[int]:
    """Return 1, 2, 5, 10, 20, 50, ... below `n_samples`, followed by `n_samples`."""
    steps = [d * 10**k for k in range(len(str(n_samples))) for d in (1, 2, 5)]
    return [size for size in steps if size < n_samples] + [n_samples]
