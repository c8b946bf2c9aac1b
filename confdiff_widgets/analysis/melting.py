"""Melting curves: folded fraction, radius of gyration and energy against the temperature.

Samples at each temperature are independent: their folded fraction has Wilson's interval (1927, doi
10.2307/2276774) and means that of Student's t. Frames of a simulation are correlated: their errors
are those of blocks of time, with all replicas together, because the replicas of an exchange are
coupled; folded fractions have Wilson's interval for the effective number of frames of the blocks. A
bootstrap over replicas, which exaggerates the error for this reason, is given beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import input_checks
from .features import radius_of_gyration
from .input_checks import Floats
from .intervals import (
    Interval,
    mean_interval,
    student_interval,
    student_quantile,
    wilson_interval,
)
from .superposition import ca_rmsd
from .two_state import TwoStateFit, two_state_fit, two_state_fit_of_blocks

BLOCKS = 4
"""Blocks of time for the errors of a simulation."""

BOOTSTRAP = 200
"""Bootstrap samples over replicas."""


@dataclass(frozen=True)
class MeltingPoint:
    """Averages at one temperature with their 95 % intervals.

    Attributes
    ----------
    kelvin : float
        Temperature, K.
    frames : float
        Number of conformers; of weighted frames, the effective number.
    rg : Interval
        Mean radius of gyration (CA), Å.
    folded : Interval or None
        Fraction of folded conformers; None without a folded structure.
    energy : Interval or None
        Energy in kcal/mol.
    folded_replicas : Interval or None
        Folded fraction with the interval of a bootstrap over replicas; for a simulation only.
    """

    kelvin: float
    frames: float
    rg: Interval
    folded: Interval | None = None
    energy: Interval | None = None
    folded_replicas: Interval | None = None

    def row(self) -> dict[str, float | None]:
        """Return the point as a row of a table; None for what is not known."""
        row: dict[str, float | None] = {"temperature_k": self.kelvin, "frames": self.frames}
        for name in ("folded", "folded_replicas", "rg", "energy"):
            interval = getattr(self, name)
            for part in ("value", "low", "high"):
                key = name if part == "value" else f"{name}_{part}"
                row[key] = None if interval is None else getattr(interval, part)
        return row


@dataclass(frozen=True)
class MeltingCurve:
    """Points at ascending temperatures and their two-state fit.

    Attributes
    ----------
    points : tuple of MeltingPoint
    fit : TwoStateFit
    """

    points: tuple[MeltingPoint, ...]
    fit: TwoStateFit

    @property
    def kelvin(self) -> Floats:
        """Temperatures (K,), K."""
        return np.array([point.kelvin for point in self.points])

    def values(self, name: str) -> list[Interval | None]:
        """Return "folded", "rg" or "energy" of all points."""
        return [getattr(point, name) for point in self.points]


def sampled_point(
    kelvin: float,
    ca: ArrayLike,
    folded_ca: ArrayLike | None = None,
    *,
    cutoff: float = 2.0,
    energy: Interval | None = None,
) -> MeltingPoint:
    """Average independent conformers of one temperature.

    Parameters
    ----------
    kelvin : float
        Temperature, K.
    ca : array_like, shape (N, L, 3)
        CA positions of two or more conformers, Å.
    folded_ca : array_like, shape (L, 3), optional
        CA positions of the folded structure, Å.
    cutoff : float
        CA-RMSD (Å) below which a conformer is folded.
    energy : Interval, optional
        Energy of these conformers, kcal/mol.

    Raises
    ------
    ValueError
        For wrong shapes, NaN or fewer than two conformers.
    """
    positions = input_checks.ensemble(ca, "ca", min_frames=2)
    count = len(positions)
    folded = None
    if folded_ca is not None:
        folded = wilson_interval(float((ca_rmsd(positions, folded_ca) < cutoff).mean()), count)
    return MeltingPoint(
        float(kelvin), count, mean_interval(radius_of_gyration(positions)), folded, energy
    )


def sampled_curve(points: Sequence[MeltingPoint]) -> MeltingCurve:
    """Order points of independent conformers by temperature, and fit two states to them."""
    ordered = tuple(sorted(points, key=lambda point: point.kelvin))
    known = [point for point in ordered if point.folded is not None]
    if not known:
        return MeltingCurve(ordered, TwoStateFit(None, None, "No folded structure is known."))
    kelvin, folded, frames = zip(
        *((p.kelvin, p.folded.value, p.frames) for p in known if p.folded is not None), strict=True
    )
    return MeltingCurve(ordered, two_state_fit(kelvin, folded, frames))


def simulated_curve(
    kelvin: ArrayLike,
    weights: Callable[[float], Floats],
    *,
    folded: ArrayLike,
    rg: ArrayLike,
    energy: ArrayLike,
    time: ArrayLike,
    replica: ArrayLike,
    seed: int = 0,
) -> MeltingCurve:
    """Average the frames of a replica exchange at several temperatures.

    Parameters
    ----------
    kelvin : array_like, shape (K,)
        Temperatures, K.
    weights : callable
        Returns the weights (M,) of the frames at a temperature, such as those of
        :func:`~confdiff_widgets.analysis.temperature_weights`.
    folded : array_like of bool, shape (M,)
        Whether each frame is folded.
    rg, energy : array_like, shape (M,)
        Radius of gyration (Å) and energy (kcal/mol) of each frame.
    time : array_like, shape (M,)
        Time of each frame in its replica, in any unit.
    replica : array_like of int, shape (M,)
        Replica of each frame.
    seed : int
        Seed of the bootstrap over replicas.

    Raises
    ------
    ValueError
        If there are too few times for four blocks, or a block has no weight at a temperature.
    """
    temperatures = np.sort(np.asarray(kelvin, dtype=np.float64))
    quantities = {"folded": folded, "rg": rg, "energy": energy}
    values = np.stack([np.asarray(one, dtype=np.float64) for one in quantities.values()])
    times, order = np.unique(np.asarray(time), return_inverse=True)
    if len(times) < BLOCKS:
        raise ValueError(f"the frames have {len(times)} times. {BLOCKS} blocks need as many")
    block = order * BLOCKS // len(times)
    draws = _draws(np.asarray(replica), seed)
    weighted = [weights(float(at)) for at in temperatures]
    means = [values @ w / w.sum() for w in weighted]
    parts = [_group_means(values, w, block) for w in weighted]
    effective = np.array([w.sum() ** 2 / np.square(w).sum() for w in weighted])
    folded_parts = np.array([rows[0] for rows in parts])  # (K, BLOCKS)
    folded_intervals = _fractions_of_blocks(
        np.array([mean[0] for mean in means]), folded_parts, effective
    )
    points = [
        MeltingPoint(
            float(at),
            float(effective[k]),
            rg=student_interval(means[k][1], parts[k][1]),
            folded=folded_intervals[k],
            energy=student_interval(means[k][2], parts[k][2]),
            folded_replicas=_between_replicas(float(means[k][0]), values[0], weighted[k], *draws),
        )
        for k, at in enumerate(temperatures)
    ]
    fractions = [point.folded.value for point in points if point.folded is not None]
    fit = two_state_fit_of_blocks(temperatures, fractions, folded_parts.T)
    return MeltingCurve(tuple(points), fit)


def _fractions_of_blocks(p: Floats, blocks: Floats, frames: Floats) -> list[Interval]:
    """Return fractions (K,) with Wilson's intervals for the effective numbers of their blocks.

    Rare events may be missing in some or all blocks (K, B), whose spread is then too small. The
    number of independent frames is therefore at most that of the frames (K,), divided by their
    statistical inefficiency, which is pooled over the temperatures.
    """
    binomial = p * (1 - p)
    variance = blocks.var(axis=1, ddof=1) / blocks.shape[1]
    total = binomial.sum()
    inefficiency = max(1.0, float((variance * frames).sum() / total)) if total else 1.0
    quantile = student_quantile(blocks.shape[1] - 1)
    return [
        wilson_interval(float(mean), float(min(b / v, most) if v else most), quantile)
        for mean, b, v, most in zip(p, binomial, variance, frames / inefficiency, strict=True)
    ]


def _within(fraction: Interval) -> Interval:
    """Limit the interval of a fraction to [0, 1]."""
    value, low, high = map(float, fraction)
    return Interval(value, max(0.0, low), min(1.0, high))


def _group_means(values: Floats, weights: Floats, group: NDArray[np.int64]) -> Floats:
    """Return weighted means (Q, G) of quantities (Q, M) in groups of frames."""
    total = np.bincount(group, weights)
    if not (total > 0).all():
        raise ValueError("a block of time has no weight at a temperature")
    return np.stack([np.bincount(group, weights * row) for row in values]) / total


def _draws(replica: NDArray, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of each frame's replica, and how often each draw contains a replica."""
    names, number = np.unique(replica, return_inverse=True)
    rng = np.random.default_rng(seed)
    return number, rng.multinomial(len(names), np.full(len(names), 1 / len(names)), BOOTSTRAP)


def _between_replicas(
    mean: float,
    values: Floats,
    weights: Floats,
    number: NDArray[np.int64],
    draws: NDArray[np.int64],
) -> Interval | None:
    """Return a weighted mean with its interval from draws of replicas (D, R); None for one."""
    replicas = draws.shape[1]
    if replicas < 2:
        return None
    sums = draws @ np.bincount(number, weights * values)
    totals = draws @ np.bincount(number, weights)
    sd = float(np.std(sums[totals > 0] / totals[totals > 0], ddof=1))
    # a bootstrap of R replicas has (R - 1) / R of the variance
    half = student_quantile(replicas - 1) * sd
    half *= (replicas / (replicas - 1)) ** 0.5
    return _within(Interval(mean, mean - half, mean + half))
