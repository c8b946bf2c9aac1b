"""Are the known states among the samples: RMSDens, hardest state, coverage, sampling efficiency.

For state structures s and N samples, the best CA-RMSD to each state says how near the ensemble
comes to it. RMSDens (Wang et al. 2024) is its mean over the states. Best-of-N falls with N whatever
the sampler does, so it is a curve over N: the *sampling efficiency*. Points below the full number
of samples are means ± sd over subsets drawn without replacement. The last point has every sample,
so that no subset differs from another: its sd is 0, which is not to say that it is exact.
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
"""Å: CA-RMSD below which a sample counts as being in a state."""


@dataclass(frozen=True, eq=False)
class Recovery:
    """How near samples come to known states.

    Attributes
    ----------
    names : tuple of str
        Of the S states.
    sizes : ndarray of int, shape (T,)
        Numbers of samples, growing; the last is all of them.
    best : ndarray, shape (T, S)
        Mean best CA-RMSD to each state, Å.
    best_sd : ndarray, shape (T, S)
        Over subsets; 0 for the last, which is one set.
    ensemble, ensemble_sd : ndarray, shape (T,)
        RMSDens: the mean over states, and its sd over subsets.
    rmsd : ndarray, shape (N, S)
        Of each sample to each state, Å.
    cutoff : float
        Å, of `coverage`.
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
        """Number of the state that the samples come least near to."""
        return int(self.best[-1].argmax())

    @property
    def covered(self) -> np.ndarray:
        """(S,) bool: some sample is within the cut-off."""
        return self.best[-1] < self.cutoff

    @property
    def coverage(self) -> float:
        """Fraction of the states that some sample is within the cut-off of."""
        return float(self.covered.mean())

    @property
    def occupancy(self) -> Floats:
        """(S,) fraction of the samples that are within the cut-off of a state and nearest to it."""
        nearest = self.rmsd.argmin(axis=1)
        near = self.rmsd.min(axis=1) < self.cutoff
        return np.array([(near & (nearest == s)).mean() for s in range(len(self.names))])

    def intervals(self, n_bootstrap: int = 20, seed: int = 0) -> dict[str, Floats]:
        """95 %, value ± 1.96 sd over bootstrap samples of all frames.

        Only the spread of the resamples is used: they have fewer distinct frames, so that their
        best is never better than that of all.

        Returns
        -------
        dict
            "rmsd_ens" and "coverage" (2,), "best" (S, 2): low and high.
        """
        rng = np.random.default_rng(seed)
        n = len(self.rmsd)
        draws = np.array(
            [self.rmsd[rng.integers(n, size=n)].min(axis=0) for _ in range(n_bootstrap)]
        )

        def around(value: ArrayLike, found: Floats, most: float = np.inf) -> Floats:
            half = 1.96 * found.std(axis=0, ddof=1)
            value = np.asarray(value)
            return np.stack(
                [np.maximum(value - half, 0.0), np.minimum(value + half, most)], axis=-1
            )

        return {
            "rmsd_ens": around(self.rmsd_ens, draws.mean(axis=1)),
            "coverage": around(self.coverage, (draws < self.cutoff).mean(axis=1), 1.0),
            "best": around(self.best[-1], draws),
        }

    def to_dict(self) -> dict:
        """Plain numbers and strings, fit for JSON."""
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
    """Best CA-RMSD to each of several states against the number of samples.

    Parameters
    ----------
    sample : array_like, shape (N, L, 3)
        CA positions in Å; one will do.
    states : array_like, shape (S, L, 3)
        CA positions of the states, in Å.
    names : sequence of str, optional
        Default: "1", "2", ...
    sizes : sequence of int, optional
        Numbers of samples. Default: 1, 2, 5, 10, 20, ... and all.
    n_subsets : int
        Random subsets for mean and sd.
    cutoff : float
        Å, of `Recovery.coverage`.
    seed : int

    Returns
    -------
    Recovery

    Raises
    ------
    ValueError
        Wrong shapes, different numbers of residues, NaN, or sizes that cannot be drawn.
    """
    sample = input_checks.ensemble(sample, "sample")
    states = input_checks.ensemble(states, "states")
    input_checks.same_residues(sample, states, "sample", "states")
    for array, name in ((sample, "sample"), (states, "states")):
        input_checks.angstrom(array, name)
    names = tuple(str(s + 1) for s in range(len(states))) if names is None else tuple(names)
    if len(names) != len(states):
        raise ValueError(f"{len(names)} names for {len(states)} states")
    if not cutoff > 0 or n_subsets < 2:
        raise ValueError(f"cutoff is {cutoff} Å, n_subsets {n_subsets}: a length and 2 or more")
    n = len(sample)
    chosen = np.unique(default_sizes(n) if sizes is None else [*sizes, n]).astype(int)
    if chosen[0] < 1 or chosen[-1] > n:
        raise ValueError(f"sizes run from {chosen[0]} to {chosen[-1]}, there are {n} samples")
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


def default_sizes(n_samples: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, ... below `n_samples`, and that itself."""
    steps = [d * 10**k for k in range(len(str(n_samples))) for d in (1, 2, 5)]
    return [size for size in steps if size < n_samples] + [n_samples]
