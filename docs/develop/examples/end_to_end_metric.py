"""The distribution of the end-to-end distance, as an example of a metric."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from confdiff_widgets.analysis.metrics import MetricInfo

JS_ENDS = MetricInfo(
    "JS-ends",
    "",
    "low",
    sqrt(log(2.0)),
    "Jensen–Shannon distance of the distance between the first and the last CA atom",
)


def end_to_end(ca: NDArray) -> NDArray:
    """Return the end-to-end distance (N, 1) of CA positions (N, L, 3), Å."""
    return np.linalg.norm(ca[:, -1] - ca[:, 0], axis=-1, keepdims=True)
