"""Excess of a Jensen–Shannon divergence over its sampling baseline.

JS² between two finite samples of one distribution is above 0: with N and M independent frames it
grows as 1/N + 1/M. A simulation of limited length has an error of its own. The baseline has both
parts:

- *finite samples*: JS² between N draws from the histogram of the reference and this histogram, and
  a quarter of JS² between random disjoint halves of the reference (halves of n frames have 2/n);
- *error of the reference*: by how much JS² between two groups of replicas exceeds that of random
  groups of the same size. A model of the whole reference shares its error, and only the deviation
  of the mean of both groups remains, a quarter of it; a model of one group that is compared with
  the other carries all of it.

The excess is JS² minus both, because squared distances add. Unlike JS² of frames drawn from the
reference itself without replacement, it is 0 on average for an independent perfect sampler. Its
interval is that of :mod:`confdiff_widgets.analysis.baselines`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .baselines import JACKKNIFE_GROUPS, corrected_sd, jackknife, jackknife_parts
from .histograms import Bins, Grid, weighted_counts
from .input_checks import Floats
from .intervals import student_quantile
from .jensen_shannon import N_BINS, js_distance

DRAWS = 20
"""Number of random divisions of the reference."""


@dataclass(frozen=True)
class Excess:
    """A mean JS² over features and the parts of its baseline.

    Attributes
    ----------
    divergence : float
        JS² of the sample to the reference.
    finite_samples, reference_error : float
        The two parts of the baseline.
    half_width : float
        Half the width of the 95 % interval of `value`.
    """

    divergence: float
    finite_samples: float
    reference_error: float
    half_width: float

    @property
    def baseline(self) -> float:
        """JS² that a perfect sampler is expected to have."""
        return self.finite_samples + self.reference_error

    @property
    def value(self) -> float:
        """The excess of JS²; negative values are noise."""
        return self.divergence - self.baseline

    @property
    def root(self) -> float:
        """The square root of the excess, 0 for a negative one."""
        return float(np.sqrt(max(0.0, self.value)))

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the root."""
        low, high = self.value - self.half_width, self.value + self.half_width
        return float(np.sqrt(max(0.0, low))), float(np.sqrt(max(0.0, high)))

    def text(self) -> str:
        """Return the root of the excess with its interval: "0.052 (0.00–0.08)"."""
        low, high = self.interval
        return f"{self.root:.3f} ({low:.2f}–{high:.2f})"


def js_excess(
    sample: Floats,
    reference: Floats,
    groups: NDArray,
    *,
    trajectory: NDArray | None = None,
    weights: Floats | None = None,
    split: bool = False,
    n_bins: int = N_BINS,
    seed: int = 0,
) -> Excess:
    """Compute JS² of features, averaged over features, and its sampling baseline.

    Parameters
    ----------
    sample, reference : ndarray, shapes (N, D) and (M, D)
        Features of independent samples and of the frames of the reference.
    groups : ndarray of bool, shape (M,)
        Membership in one of two groups of replicas with balanced starting structures.
    trajectory : ndarray of int, shape (M,), optional
        Trajectory of each frame of the reference, for the interval. Default: the two groups.
    weights : ndarray, shape (M,), optional
        Weights of the frames of the reference, such as those of MBAR.
    split : bool
        Whether the model was trained on the frames of ``groups``, and is compared with the others.
    n_bins : int
        Number of bins over the range of the reference.

    Returns
    -------
    Excess
    """
    if groups.all() or not groups.any():
        raise ValueError("All frames are in one group. Give two groups of replicas.")
    grid = Grid.over(reference, n_bins)
    rng = np.random.default_rng(seed)
    ours = _Frames(grid.bins(sample), np.ones(len(sample)), n_bins)
    weights = np.ones(len(reference)) if weights is None else weights
    everything = _Frames(grid.bins(reference), weights, n_bins)
    groupwise = everything.divergence(groups) - everything.random(rng, int(groups.sum()))
    theirs = everything.select(~groups) if split else everything
    drawn = theirs.drawn(rng, len(sample))
    finite = drawn.mean() + theirs.random(rng) / 4
    parts = rng.permutation(len(sample)) % min(JACKKNIFE_GROUPS, len(sample))
    blocks = jackknife_parts(groups if trajectory is None else trajectory, rng)
    blocks = np.unique(blocks[~groups] if split else blocks, return_inverse=True)[1]
    both = ours.jackknife(parts, theirs) + theirs.jackknife(blocks, ours)
    larger = finite / drawn.mean()  # of the variances of both over that of the sample
    quantile = student_quantile(int(blocks.max()))
    return Excess(
        divergence=_mean_square(ours.histogram(), theirs.histogram()),
        finite_samples=finite,
        reference_error=max(0.0, groupwise) * (1.0 if split else 0.25),
        half_width=quantile * corrected_sd(both, float(drawn.var(ddof=1)) * larger**2),
    )


@dataclass(frozen=True)
class _Frames:
    """Binned features of weighted frames."""

    bins: Bins  # (N, D)
    weights: Floats  # (N,)
    n_bins: int

    def select(self, mask: NDArray[np.bool_]) -> _Frames:
        return _Frames(self.bins[mask], self.weights[mask], self.n_bins)

    def histogram(self, mask: NDArray[np.bool_] | bool = True) -> Floats:
        """Return the normalised histograms (D, n_bins) of some frames."""
        weights = np.where(mask, self.weights, 0.0)
        weights /= weights.sum()
        return weighted_counts(self.bins, self.n_bins, weights[:, None])[..., 0]

    def divergence(self, mask: NDArray[np.bool_]) -> float:
        """Return the mean JS² between the frames of a mask and the others."""
        return _mean_square(self.histogram(mask), self.histogram(~mask))

    def drawn(self, rng: np.random.Generator, count: int) -> Floats:
        """Return JS² of the histograms to those of ``count`` draws from them, (DRAWS,)."""
        exact = self.histogram()
        draws = (rng.multinomial(count, exact) for _ in range(DRAWS))
        return np.array([_mean_square(draw.astype(np.float64), exact) for draw in draws])

    def jackknife(self, part: NDArray[np.int64], other: _Frames) -> float:
        """Return the jackknife variance of JS² to other frames over parts (N,) of these."""
        kept = self.weights[:, None] * (part[:, None] != np.arange(part.max() + 1))
        counted = weighted_counts(self.bins, self.n_bins, kept)
        theirs = other.histogram()
        each = (_mean_square(one, theirs) for one in np.moveaxis(counted, -1, 0))
        return jackknife(np.array(list(each)))

    def random(self, rng: np.random.Generator, size: int | None = None) -> float:
        """Return the mean JS² between random groups of frames; by default halves."""
        count = len(self.weights)
        first = np.arange(count) < (count // 2 if size is None else size)
        return float(np.mean([self.divergence(rng.permutation(first)) for _ in range(DRAWS)]))


def _mean_square(a: Floats, b: Floats) -> float:
    """Return the mean JS² of histograms (D, n_bins)."""
    return float(np.square(js_distance(a, b, pseudo_count=0)).mean())
