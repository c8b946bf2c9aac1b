"""Sampling baselines, excesses and intervals of the metrics of a comparison.

A squared distance between finite samples of one distribution is above 0 and grows as 1/N + 1/M. The
baseline of a distance has two parts, which add as squares (:mod:`confdiff_widgets.analysis.excess`
derives them):

- *finite samples*: N frames drawn with replacement from the reference against the reference, and
  the part of M from random disjoint groups of its frames;
- *error of the reference*: a quarter of what two groups of its trajectories differ by beyond random
  groups of these sizes.

The baseline of other metrics is their mean over draws of N frames. Frames of the reference are
never drawn without replacement: M of them would be the reference itself.

Intervals of distances come from a delete-group jackknife of the squared distance d². Let s be the
variance that the finite sample adds to a bin and μ its true deviation: the variance of d² is
4 μ² s + 2 s², the jackknife estimates 4 μ² s + 4 s² and a bootstrap 4 μ² s + 6 s², because the
noise of the sample acts as a deviation in both. 2 s² is the variance of d² of perfect samples,
which the draws of the baseline give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .input_checks import Floats
from .metric_evaluator import DrawStatistics, distance, squares, total

JACKKNIFE_GROUPS = 20
Z = 1.96


@dataclass(frozen=True)
class Draws:
    """Draws of frames for a comparison.

    Attributes
    ----------
    reference : list of ndarray
        All frames; K draws of N frames; K random groups; the K groups of the other frames; and, if
        the reference has groups, both of them.
    sample : list of ndarray
        All frames, bootstrap samples, and samples without one group each.
    count, n_bootstrap : int
        Number of draws K, and of bootstrap samples.
    """

    reference: list[NDArray]
    sample: list[NDArray]
    count: int
    n_bootstrap: int

    @classmethod
    def make(
        cls,
        reference: Floats,
        n: int,
        groups: NDArray[np.bool_] | None,
        count: int,
        n_bootstrap: int,
        rngs: tuple[np.random.Generator, np.random.Generator],
    ) -> Draws:
        """Draw from a reference (M, L, 3) and a sample of ``n`` frames."""
        rng, bootstrap = rngs
        m = len(reference)
        # copies of a frame, which resampling by weight makes, belong to one random group
        _, unit = np.unique(reference.reshape(m, -1), axis=0, return_inverse=True)
        share = 0.5 if groups is None else groups.mean()
        places = unit.max() + 1
        size = min(max(1, round(share * places)), places - 1) if places > 1 else 1
        random = [np.isin(unit, rng.permutation(places)[:size]) for _ in range(count)]
        named = [] if groups is None else [groups, ~groups]
        masks = [*random, *(~one if places > 1 else one for one in random), *named]
        order, parts = bootstrap.permutation(n), min(JACKKNIFE_GROUPS, n)
        return cls(
            [
                np.arange(m),
                *(rng.integers(m, size=n) for _ in range(count)),
                *(np.flatnonzero(mask) for mask in masks),
            ],
            [
                np.arange(n),
                *(bootstrap.integers(n, size=n) for _ in range(n_bootstrap)),
                *(np.delete(order, np.s_[k::parts]) for k in range(parts)),
            ],
            count,
            n_bootstrap,
        )


@dataclass(frozen=True)
class Baseline:
    """Baseline, excess and interval of one distance; squares where `Metric` has squares."""

    mean: float
    sd: float
    finite_samples: float
    reference_error: float
    excess: tuple[float, float, float]
    half_width: float  # of the interval of the value


def distance_baselines(
    draws: Draws, sample: DrawStatistics, reference: DrawStatistics
) -> dict[str, Baseline]:
    """Compute the baselines of all distance metrics from the statistics of the draws."""
    k = draws.count
    whole, perfect = reference[:1], squares(reference[1 : k + 1], reference[:1])
    random = squares(reference[k + 1 : 2 * k + 1], reference[2 * k + 1 : 3 * k + 1])
    named = squares(reference[3 * k + 1 : 3 * k + 2], reference[3 * k + 2 :])
    m = len(draws.reference[0])
    sizes = (len(draws.reference[k + 1]), len(draws.reference[2 * k + 1]))
    scale = 1 / (m / sizes[0] + m / sizes[1])
    value = squares(sample[:1], whole)
    without = squares(sample[draws.n_bootstrap + 1 :], whole)
    found = {}
    for key, drawn in perfect.items():
        finite = drawn.mean(axis=0) + scale * random[key].mean(axis=0)
        beyond = total(key, named[key]) - total(key, random[key]).mean() if len(named[key]) else 0.0
        error = float(np.max(np.maximum(beyond, 0.0))) / 4
        squared = float(total(key, value[key])[0])
        above = squared - float(total(key, finite)) - error
        sd = _sd(total(key, without[key]), total(key, drawn))
        found[key] = Baseline(
            mean=float(np.hypot(distance(key, finite), np.sqrt(error))),
            sd=float(distance(key, drawn).std(ddof=1)),
            finite_samples=float(total(key, finite)),
            reference_error=error,
            excess=(_root(above), _root(above - Z * sd), _root(above + Z * sd)),
            half_width=Z * sd / (2 * np.sqrt(squared)) if squared else 0.0,
        )
    return found


def trajectory_groups(trajectory: ArrayLike) -> NDArray[np.bool_] | None:
    """Divide frames into two groups by their trajectories, in the order of their numbers.

    Of four consecutive trajectories, two each: replicas of an exchange start folded and heated in
    turn, so that both groups have the same starts. A single trajectory is divided in the middle.

    Parameters
    ----------
    trajectory : array_like of int, shape (M,)

    Returns
    -------
    ndarray of bool, shape (M,), or None
        None for fewer than two frames.
    """
    _, number = np.unique(np.asarray(trajectory), return_inverse=True)
    count = number.max() + 1
    if count == 1:
        return np.arange(len(number)) < len(number) // 2 if len(number) > 1 else None
    return number % 4 < 2 if count >= 4 else number % 2 == 0


def _sd(jackknife: Floats, perfect: Floats) -> float:
    """Return the sd of a squared distance; see the module docstring."""
    groups = len(jackknife)
    found = (groups - 1) * jackknife.var()
    return float(np.sqrt(max(found - perfect.var(ddof=1), found / 2)))


def _root(value: float) -> float:
    return float(np.sqrt(max(value, 0.0)))
