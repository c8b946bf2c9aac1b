"""Two-state fit of a melting curve: melting temperature T_m and van 't Hoff enthalpy ΔH.

With a folded and an unfolded state and no change of heat capacity (ΔCp = 0), the unfolding
equilibrium K = (1 - f) / f of the folded fraction f follows van 't Hoff's equation

    ln K = -(ΔH / R) (1/T - 1/T_m),

so f is logistic in 1/T. Folded conformers are counted, so the curve needs no baselines before and
after the transition, and the counts of independent conformers are binomial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import chi2

from ..units import GAS_CONSTANT
from .input_checks import Floats
from .intervals import CONFIDENCE, Interval, student_interval
from .logistic_curve import LogisticCurve

MIN_TEMPERATURES = 3
"""Two temperatures determine both parameters and leave nothing to test the model with."""

MISFIT = 0.01
"""Probability of the residuals below which the two-state model does not describe the data."""

STEEPEST = 2000.0
"""Largest |ΔH| in kJ/mol; larger ones are not determined by temperatures in steps of kelvins."""

WIDEST = (1.0, 1e5)
"""Range of T_m in K within which the ends of its interval are searched."""


@dataclass(frozen=True)
class TwoStateFit:
    """Result of :func:`two_state_fit`.

    Attributes
    ----------
    melting : Interval or None
        T_m, K. None where the data do not show it; `remark` then says why.
    enthalpy : Interval or None
        ΔH of unfolding at ΔCp = 0, kJ/mol.
    remark : str
        Why there is no transition or no T_m, or that the curve deviates from two states; empty if
        there is nothing to remark on.
    """

    melting: Interval | None
    enthalpy: Interval | None
    remark: str

    def folded(self, kelvin: ArrayLike) -> Floats | None:
        """Return the folded fraction of the fit at temperatures (K), or None without T_m."""
        if self.melting is None or self.enthalpy is None:
            return None
        return folded_fraction(kelvin, self.melting.value, self.enthalpy.value)

    def describe(self) -> str:
        """Return T_m and ΔH with their intervals, and the remark, as sentences."""
        parts = []
        if self.melting is not None:
            parts.append(f"T_m = {self.melting.text()} K")
        if self.enthalpy is not None:
            parts.append(f"ΔH = {self.enthalpy.text()} kJ/mol")
        numbers = f"{', '.join(parts)}." if parts else ""
        return f"{numbers} {self.remark}".strip()


def folded_fraction(kelvin: ArrayLike, melting: float, enthalpy: float) -> Floats:
    """Return the folded fraction of two states with ΔCp = 0.

    Parameters
    ----------
    kelvin : array_like
        Temperatures, K.
    melting, enthalpy : float
        T_m in K, and ΔH of unfolding in kJ/mol.
    """
    return expit(enthalpy / GAS_CONSTANT * (1 / np.asarray(kelvin) - 1 / melting))


def two_state_fit(kelvin: ArrayLike, folded: ArrayLike, frames: ArrayLike) -> TwoStateFit:
    """Fit T_m and ΔH to independent conformers at several temperatures.

    The intervals are those of the profile likelihood, which need not be symmetric. Where the
    residuals reject the model, their dispersion multiplies the variances (quasi-likelihood;
    McCullagh and Nelder 1989, section 4.5), and the remark says so.

    Parameters
    ----------
    kelvin : array_like, shape (K,)
        Temperatures, K.
    folded : array_like, shape (K,)
        Fraction of folded conformers.
    frames : array_like, shape (K,)
        Number of independent conformers.

    Raises
    ------
    ValueError
        For different shapes, NaN, fractions outside [0, 1], or temperatures or numbers of
        conformers that are not positive.
    """
    temperatures, fractions, counts = _checked(kelvin, folded, frames)
    few = _too_few(temperatures)
    if few:
        return few
    curve = _curve(temperatures, fractions, counts)
    about = _Description(temperatures, fractions)
    freedom = len(temperatures) - 2
    probability = float(chi2.sf(curve.deviance, freedom))
    remark, widening = "", 1.0
    if probability < MISFIT:
        widening = curve.deviance / freedom
        remark = (
            f"The curve deviates from two states with constant ΔH (p = {probability:.1g}); the "
            "intervals are widened accordingly."
        )
    threshold = float(chi2.ppf(CONFIDENCE, 1)) * widening
    if 2 * (curve.likelihood - curve.profile_of_slope(0.0)) < threshold:
        return _none(f"{about.flat} {remark}".strip())
    if curve.slope < 0:
        return _none(about.increasing)
    melting = _kelvin(curve, curve.midpoint)
    if curve.slope > 0.999 * curve.steepest:
        return _none(
            f"The folded fraction changes near {melting:.0f} K within fewer temperatures than a "
            "fit needs. Use more temperatures around it."
        )
    unit = GAS_CONSTANT / curve.scale
    low, high = curve.slope_bounds(threshold)
    enthalpy = Interval(
        curve.slope * unit,
        -np.inf if low is None else low * unit,
        np.inf if high is None else high * unit,
    )
    outside = about.outside(melting)
    if outside:
        return TwoStateFit(None, enthalpy, f"{outside} {remark}".strip())
    cold, hot = ((1 / end - curve.centre) / curve.scale for end in WIDEST)
    coldest, hottest = curve.midpoint_bounds(threshold, cold, hot)
    bounds = (
        -np.inf if coldest is None else _kelvin(curve, coldest),
        np.inf if hottest is None else _kelvin(curve, hottest),
    )
    return TwoStateFit(Interval(melting, *bounds), enthalpy, remark)


def two_state_fit_of_blocks(kelvin: ArrayLike, folded: ArrayLike, blocks: ArrayLike) -> TwoStateFit:
    """Fit T_m and ΔH to correlated frames, such as those of a simulation.

    The intervals are those of Student's t for the fits to independent blocks of the data.

    Parameters
    ----------
    kelvin : array_like, shape (K,)
        Temperatures, K.
    folded : array_like, shape (K,)
        Fraction of folded frames.
    blocks : array_like, shape (B, K)
        Fraction of folded frames in each of two or more blocks of time.

    Raises
    ------
    ValueError
        As :func:`two_state_fit`, or for fewer than two blocks.
    """
    parts = np.asarray(blocks, dtype=np.float64)
    if parts.ndim != 2 or len(parts) < 2:
        raise ValueError(f"blocks have the shape {parts.shape}. Give two or more rows")
    ones = np.ones(np.shape(kelvin))
    temperatures, fractions, ones = _checked(kelvin, folded, ones)
    few = _too_few(temperatures)
    if few:
        return few
    about = _Description(temperatures, fractions)
    whole = _curve(temperatures, fractions, ones)
    each = [_curve(*_checked(kelvin, part, ones)) for part in parts]
    unit = GAS_CONSTANT / whole.scale
    enthalpy = student_interval(whole.slope * unit, np.array([c.slope for c in each]) * unit)
    if enthalpy.low <= 0 <= enthalpy.high:
        return _none(about.flat)
    if whole.slope < 0:
        return _none(about.increasing)
    melting = _kelvin(whole, whole.midpoint)
    outside = about.outside(melting)
    if outside:
        return TwoStateFit(None, enthalpy, outside)
    if any(curve.slope <= 0 for curve in each):
        return TwoStateFit(Interval(melting, -np.inf, np.inf), enthalpy, "")
    middles = np.array([_kelvin(curve, curve.midpoint) for curve in each])
    return TwoStateFit(student_interval(melting, middles), enthalpy, "")


@dataclass(frozen=True)
class _Description:
    """Sentences about a curve."""

    kelvin: Floats
    folded: Floats

    @property
    def flat(self) -> str:
        return (
            f"No transition: the folded fraction does not change with temperature {self._span} "
            f"beyond its error ({self._range})."
        )

    @property
    def increasing(self) -> str:
        return (
            f"No melting: the folded fraction increases with temperature {self._span} "
            f"({self._range})."
        )

    def outside(self, melting: float) -> str:
        """Return why a T_m outside of the temperatures is not reported; empty for one inside."""
        low, high = self.kelvin.min(), self.kelvin.max()
        if low <= melting <= high:
            return ""
        side, bound = ("above", high) if melting > high else ("below", low)
        return (
            f"The fitted folded fraction stays {side} 0.5 {self._span} ({self._range}): T_m is "
            f"{side} {bound:.0f} K and is not extrapolated."
        )

    @property
    def _span(self) -> str:
        return f"from {self.kelvin.min():.0f} to {self.kelvin.max():.0f} K"

    @property
    def _range(self) -> str:
        low, high = self.folded.min(), self.folded.max()
        return f"{low:.2f}" if high - low < 0.005 else f"{low:.2f}–{high:.2f}"


def _curve(kelvin: Floats, folded: Floats, frames: Floats) -> LogisticCurve:
    return LogisticCurve(1 / kelvin, folded, frames, STEEPEST / GAS_CONSTANT)


def _kelvin(curve: LogisticCurve, z: float) -> float:
    """Return the temperature of a normalised 1/T; infinite where 1/T is not positive."""
    inverse = curve.centre + curve.scale * z
    return 1 / inverse if inverse > 0 else np.inf


def _checked(*arrays: ArrayLike) -> tuple[Floats, Floats, Floats]:
    kelvin, folded, frames = (np.asarray(x, dtype=np.float64) for x in arrays)
    if not kelvin.shape == folded.shape == frames.shape or kelvin.ndim != 1 or not len(kelvin):
        raise ValueError(
            f"Temperatures, fractions and numbers have the shapes {kelvin.shape}, {folded.shape} "
            f"and {frames.shape}. Give one of each for every temperature"
        )
    finite = all(np.isfinite(x).all() for x in (kelvin, folded, frames))
    if not finite or (kelvin <= 0).any() or (frames <= 0).any():
        raise ValueError("Temperatures and numbers of conformers must be positive and finite")
    if (folded < 0).any() or (folded > 1).any():
        raise ValueError(f"folded is {folded}. Give fractions from 0 to 1")
    return kelvin, folded, frames


def _too_few(kelvin: Floats) -> TwoStateFit | None:
    """Return a fit without result if there are too few temperatures."""
    count = len(np.unique(kelvin))
    if count >= MIN_TEMPERATURES:
        return None
    return _none(
        f"A two-state fit needs {MIN_TEMPERATURES} temperatures or more, and there "
        f"{'is' if count == 1 else 'are'} {count}."
    )


def _none(remark: str) -> TwoStateFit:
    return TwoStateFit(None, None, remark)
