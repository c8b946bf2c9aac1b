"""Lines of values that every step has: means, quantiles and thinning."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from confdiff_widgets.widgets.explorer.curve_lines import MAX_POINTS, lines_of_values


def branch_of(values, title="A"):
    steps = {step: SimpleNamespace(rmsd=None if v is None else v) for step, v in values.items()}
    return SimpleNamespace(values=steps, title=title)


def lines_of(*branches):
    return lines_of_values(branches, lambda step: step.rmsd, "RMSD")


def test_the_mean_of_each_branch_and_quantiles_of_the_first():
    first = branch_of({2: np.arange(11.0), 1: np.full(11, 3.0)})
    second = branch_of({1: np.array([1.0, 2.0])}, "B")
    mean, low, high, other = lines_of(first, second)
    np.testing.assert_array_equal(mean.x, [1, 2])
    np.testing.assert_allclose(mean.y, [3, 5])
    np.testing.assert_allclose(low.y, [3, 1])
    np.testing.assert_allclose(high.y, [3, 9])
    assert other.branch == 1 and other.name == "B: mean RMSD"
    np.testing.assert_allclose(other.y, [1.5])


def test_steps_without_the_value_are_left_out():
    (mean, *_) = lines_of(branch_of({1: None, 2: np.array([4.0])}))
    np.testing.assert_array_equal(mean.x, [2])
    assert lines_of(branch_of({1: None})) == []


def test_long_runs_are_thinned():
    (mean, *_) = lines_of(branch_of({step: np.array([1.0]) for step in range(1, 1001)}))
    assert MAX_POINTS / 2 < len(mean.x) <= 1.5 * MAX_POINTS
