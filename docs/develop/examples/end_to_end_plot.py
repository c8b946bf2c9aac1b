"""The distance between the ends of the chain against the step, as an example of a plot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from confdiff_widgets.live.branch import Branch
from confdiff_widgets.live.frame import Frame
from confdiff_widgets.widgets.explorer.curves import CurveView, Line


def end_to_end(branches: Sequence[Branch], frame: Frame | None) -> tuple[list[Line], str]:
    """Return the mean distance between the first and the last CA atom, a line for each branch."""
    lines = []
    for number, branch in enumerate(branches):
        known = [(f.step, f.predicted) for f in branch.in_order() if f.predicted is not None]
        if known:
            ends = [p[:, -1, 1] - p[:, 0, 1] for _, p in known]
            mean = [float(np.linalg.norm(vector, axis=-1).mean()) for vector in ends]
            lines.append(Line([step for step, _ in known], mean, number, name=branch.title))
    return lines, "mean of the batch"


END_TO_END = CurveView("Ends", "Step", "End-to-end distance (Å)", end_to_end)
