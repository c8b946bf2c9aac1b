"""95 % intervals of means, of fractions and of independent blocks of data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from .input_checks import Floats

CONFIDENCE = 0.95
NORMAL = float(ndtri((1 + CONFIDENCE) / 2))


class Interval(NamedTuple):
    """An estimate with its 95 % interval; ends that the data leave open are infinite."""

    value: float
    low: float
    high: float

    def text(self, digits: str = ".0f") -> str:
        """Return the estimate with its interval: "345 (338–352)"."""
        low, high = f"{self.low:{digits}}", f"{self.high:{digits}}"
        if np.isinf(self.low) and np.isinf(self.high):
            bounds = "no bounds"
        elif np.isinf(self.high):
            bounds = f"above {low}"
        elif np.isinf(self.low):
            bounds = f"below {high}"
        else:
            bounds = f"{low}{' to ' if self.low < 0 else '–'}{high}"
        return f"{self.value:{digits}} ({bounds})"

    def to_dict(self) -> dict[str, float | None]:
        """Return numbers for JSON, which has no infinity: None for an open end."""
        ends = {"low": self.low, "high": self.high}
        return {"value": self.value} | {k: v if np.isfinite(v) else None for k, v in ends.items()}


def student_quantile(freedom: int) -> float:
    """Return half the width of the interval of Student's t, in standard errors."""
    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def mean_interval(values: Floats) -> Interval:
    """Return the mean of independent values (N,) with the interval of Student's t."""
    return student_interval(float(values.mean()), values)


def student_interval(value: float, blocks: Floats) -> Interval:
    """Return a value with the interval of the mean of independent blocks (B,)."""
    half = student_quantile(len(blocks) - 1) * float(blocks.std(ddof=1)) / len(blocks) ** 0.5
    return Interval(float(value), float(value) - half, float(value) + half)


def wilson_interval(p: float, count: float, quantile: float = NORMAL) -> Interval:
    """Return a fraction of ``count`` independent observations with Wilson's score interval."""
    z2 = quantile**2
    centre = (p + z2 / (2 * count)) / (1 + z2 / count)
    half = (z2 * p * (1 - p) / count + z2**2 / (4 * count**2)) ** 0.5 / (1 + z2 / count)
    # rounding must not exclude fractions of 0 and 1
    return Interval(p, max(0.0, min(centre - half, p)), min(1.0, max(centre + half, p)))
