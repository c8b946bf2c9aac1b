"""Sampling baselines, excesses and intervals of the metrics of a comparison.

A squared distance between finite samples of one distribution is above 0 and grows as 1/N + 1/M. The
baseline of a distance has two parts, which add as squares (:mod:`confdiff_widgets.analysis.excess`
derives them):

- *finite samples*: d² between random disjoint groups of the frames of the reference, at their
  h = 1/n + 1/n', taken to h = 1/N + 1/M as h / (1 + b h). b is 0 where bins are well filled, and
  sparse histograms, such as those of two dimensions, saturate; groups of half the size give it;
- *error of the reference*: a quarter of what two groups of its trajectories differ by beyond random
  groups of these sizes.

The baseline of other metrics is their mean over draws of N frames. Frames of the reference are
never drawn without replacement: M of them would be the reference itself.

Intervals of distances come from a delete-group jackknife of the squared distance d². Let s be the
variance that the finite sample adds to a bin and μ its true deviation: the variance of d² is
4 μ² s + 2 s², the jackknife estimates 4 μ² s + 4 s² and a bootstrap 4 μ² s + 6 s², because the
noise of the sample acts as a deviation in both. 2 s² is the variance of d² of perfect samples,
which the draws of the baseline give.

- The interval of a *distance* is that of samples of the same size against the same reference.
- The interval of an *excess*, which is to hold for any reference, adds the jackknife over the
  trajectories of the reference. With r for the variance that its M frames add, both jackknives
  estimate 4 μ² (s + r) + 4 (s + r)², and 2 (s + r)² is subtracted. The part of r that independent
  frames lack, the error of the reference, stays in: the estimate of this error, which the baseline
  contains, varies as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .input_checks import Floats
from .intervals import student_quantile
from .metric_evaluator import DrawStatistics, distance, squares, total

JACKKNIFE_GROUPS = 20

NOT_ADDITIVE = ("rmsf_difference",)
"""Metrics without an excess: the RMSF is a curved function of populations, so that the errors of
the reference do not add to its squared differences."""

LEAST_GROWTH = 1.05
"""Lower bound of the growth of a squared distance, which scatters, as h doubles."""


@dataclass(frozen=True)
class Draws:
    """Draws of frames for a comparison.

    Attributes
    ----------
    reference : list of ndarray
        All frames; K draws of N frames; K random groups; the K groups of the other frames; K halves
        of the former and K of the latter; all frames without one part each; and, if the reference
        has trajectories, two groups of them.
    sample : list of ndarray
        All frames, bootstrap samples, and samples without one group each.
    count, n_bootstrap, parts : int
        Number of draws K, of bootstrap samples, and of parts of the reference.
    ratio : float
        h of the sample and the reference in units of that of the random groups.
    """

    reference: list[NDArray]
    sample: list[NDArray]
    count: int
    n_bootstrap: int
    parts: int
    ratio: float

    @classmethod
    def make(
        cls,
        reference: Floats,
        n: int,
        trajectory: NDArray | None,
        count: int,
        n_bootstrap: int,
        rngs: tuple[np.random.Generator, np.random.Generator],
    ) -> Draws:
        """Draw from a reference (M, L, 3) and a sample of ``n`` frames."""
        rng, bootstrap = rngs
        m = len(reference)
        # copies of a frame, which resampling by weight makes, belong to one random group
        _, unit, copies = np.unique(
            reference.reshape(m, -1), axis=0, return_inverse=True, return_counts=True
        )
        groups = None if trajectory is None else trajectory_groups(trajectory)
        share = 0.5 if groups is None else groups.mean()
        places = unit.max() + 1
        size = min(max(1, round(share * places)), places - 1) if places > 1 else 1
        other = places - size if places > 1 else 1
        orders = [rng.permutation(places) for _ in range(count)]
        ends = slice(None, size), slice(-other, None)
        halves = slice(None, (size + 1) // 2), slice(-((other + 1) // 2), None)
        random = [np.isin(unit, order[part]) for part in (*ends, *halves) for order in orders]
        named = [] if groups is None else [groups, ~groups]
        order, parts = bootstrap.permutation(n), min(JACKKNIFE_GROUPS, n)
        part = jackknife_parts(unit if trajectory is None else trajectory, rng, trajectory is None)
        omitted = [np.flatnonzero(part != k) for k in range(part.max() + 1)]
        return cls(
            [
                np.arange(m),
                *(rng.integers(m, size=n) for _ in range(count)),
                *(np.flatnonzero(mask) for mask in random),
                *omitted,
                *(np.flatnonzero(mask) for mask in named),
            ],
            [
                np.arange(n),
                *(bootstrap.integers(n, size=n) for _ in range(n_bootstrap)),
                *(np.delete(order, np.s_[k::parts]) for k in range(parts)),
            ],
            count,
            n_bootstrap,
            len(omitted),
            (1 / n + np.square(copies).sum() / m**2) / (1 / size + 1 / other),
        )


@dataclass(frozen=True)
class Baseline:
    """Baseline, excess and interval of one distance; squares where `Metric` has squares."""

    mean: float
    sd: float
    finite_samples: float
    reference_error: float
    excess: tuple[float, float, float] | tuple[None, None, None]
    half_width: float  # of the interval of the value


def distance_baselines(
    draws: Draws, sample: DrawStatistics, reference: DrawStatistics
) -> dict[str, Baseline]:
    """Compute the baselines of all distance metrics from the statistics of the draws."""
    k = draws.count
    whole, perfect = reference[:1], squares(reference[1 : k + 1], reference[:1])
    random = squares(reference[k + 1 : 2 * k + 1], reference[2 * k + 1 : 3 * k + 1])
    halved = squares(reference[3 * k + 1 : 4 * k + 1], reference[4 * k + 1 : 5 * k + 1])
    last = 5 * k + 1 + draws.parts
    named = squares(reference[last : last + 1], reference[last + 1 :])
    value = squares(sample[:1], whole)
    without = squares(sample[draws.n_bootstrap + 1 :], whole)
    without_part = squares(reference[5 * k + 1 : last], sample[:1])
    of_value, of_excess = (
        student_quantile(max(groups - 1, 1))
        for groups in (len(sample) - draws.n_bootstrap - 1, draws.parts)
    )
    found = {}
    for key, drawn in perfect.items():
        scale = _scale(draws.ratio, total(key, random[key]), total(key, halved[key]))
        finite = scale * random[key].mean(axis=0)
        beyond = total(key, named[key]) - total(key, random[key]).mean() if len(named[key]) else 0.0
        error = float(np.max(np.maximum(beyond, 0.0))) / 4
        squared = float(total(key, value[key])[0])
        above = squared - float(total(key, finite)) - error
        of_sample, null = jackknife(total(key, without[key])), total(key, drawn).var(ddof=1)
        known = total(key, drawn.mean(axis=0))
        larger = total(key, finite) / known if known else 1.0  # 1 + r / s
        both = of_sample + jackknife(total(key, without_part[key]))
        spread = of_excess * corrected_sd(both, null * larger**2)
        found[key] = Baseline(
            mean=float(np.hypot(distance(key, finite), np.sqrt(error))),
            sd=float(distance(key, drawn).std(ddof=1)),
            finite_samples=float(total(key, finite)),
            reference_error=error,
            excess=(None, None, None)
            if key in NOT_ADDITIVE
            else (_root(above), _root(above - spread), _root(above + spread)),
            half_width=of_value * corrected_sd(of_sample, null) / (2 * np.sqrt(squared))
            if squared
            else 0.0,
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


def jackknife_parts(
    trajectory: NDArray, rng: np.random.Generator, shuffled: bool = False
) -> NDArray[np.int64]:
    """Divide frames (M,) into at most `JACKKNIFE_GROUPS` parts, by their trajectories.

    Fewer than half as many trajectories are divided into blocks of consecutive frames. If
    ``shuffled``, the numbers are those of independent frames, and the parts random.
    """
    _, number = np.unique(trajectory, return_inverse=True)
    count = int(number.max()) + 1
    if shuffled:
        number = rng.permutation(count)[number]
    if count >= JACKKNIFE_GROUPS // 2:
        return number * min(JACKKNIFE_GROUPS, count) // count
    blocks = JACKKNIFE_GROUPS // count
    part = np.empty(len(number), dtype=np.int64)
    for k in range(count):
        frames = np.flatnonzero(number == k)
        part[frames] = k * blocks + np.arange(len(frames)) * blocks // len(frames)
    return np.unique(part, return_inverse=True)[1]


def _scale(ratio: float, groups: Floats, halves: Floats) -> float:
    """Return the squared distance at ``ratio`` times the h of groups, in units of theirs."""
    whole = groups.mean()
    doubled = float(np.clip(halves.mean() / whole, LEAST_GROWTH, 2.0)) if whole else 2.0
    saturation = (2 - doubled) / (2 * doubled - 2)
    return ratio * (1 + saturation) / (1 + saturation * ratio)


def jackknife(values: Floats) -> float:
    """Return the variance of a quantity from its values without one part each."""
    return float((len(values) - 1) * values.var())


def corrected_sd(variance: float, null: float) -> float:
    """Return the sd of a squared distance; see the module docstring."""
    return float(np.sqrt(max(variance - null, variance / 2)))


def _root(value: float) -> float:
    return float(np.sqrt(max(value, 0.0)))
