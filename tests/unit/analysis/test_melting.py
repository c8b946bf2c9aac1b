"""Melting curves: intervals of samples, and errors of simulations from blocks and replicas."""

import numpy as np
import pytest

from confdiff_widgets.analysis.intervals import Interval
from confdiff_widgets.analysis.melting import sampled_curve, sampled_point, simulated_curve
from confdiff_widgets.analysis.two_state import folded_fraction

KELVIN = np.linspace(300.0, 450.0, 7)
FOLDED = np.cumsum(np.tile([2.4, 2.0, 2.2], (8, 1)), axis=0)
UNFOLDED = np.cumsum(np.tile([3.8, 0.0, 0.0], (8, 1)), axis=0)


def conformers(folded: int, unfolded: int) -> np.ndarray:
    return np.concatenate([np.tile(FOLDED, (folded, 1, 1)), np.tile(UNFOLDED, (unfolded, 1, 1))])


def test_points_count_folded_conformers():
    bent = FOLDED.copy()
    bent[4:] += [0.0, 0.0, 5.0]
    bent -= [0.0, 0.0, 2.5]
    ca = np.concatenate([np.tile(FOLDED, (6, 1, 1)), np.tile(bent, (2, 1, 1))])
    point = sampled_point(350.0, ca, FOLDED, cutoff=0.5, energy=Interval(-9.0, -10.0, -8.0))
    assert point.folded.value == 0.75 and point.frames == 8
    assert sampled_point(350.0, ca, FOLDED, cutoff=50.0).folded.value == 1
    assert point.rg.low <= point.rg.value <= point.rg.high
    row = point.row()
    assert row["temperature_k"] == 350 and row["folded"] == 0.75 and row["energy_low"] == -10
    assert row["folded_replicas"] is None
    assert sampled_point(350.0, ca).folded is None


def test_curves_are_ordered_and_fitted():
    points = []
    for kelvin in KELVIN[::-1]:
        folded = round(400 * folded_fraction(kelvin, 360.0, 70.0))
        ca = np.concatenate([np.tile(FOLDED, (folded, 1, 1)), np.zeros((400 - folded, 8, 3))])
        points.append(sampled_point(kelvin, ca, FOLDED, cutoff=1.0))
    curve = sampled_curve(points)
    np.testing.assert_allclose(curve.kelvin, KELVIN)
    assert curve.fit.melting.value == pytest.approx(360, abs=1)
    assert curve.fit.enthalpy.value == pytest.approx(70, abs=2)
    assert sampled_curve([sampled_point(300.0, FOLDED[None].repeat(3, 0))]).fit.remark == (
        "No folded structure is known."
    )


def test_nan_and_single_conformers_are_refused():
    ca = conformers(3, 3)
    ca[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        sampled_point(300.0, ca, FOLDED)
    with pytest.raises(ValueError, match="1 frame"):
        sampled_point(300.0, ca[1:2], FOLDED)


def exchange(rng, *, replica_error=0.0, block_error=0.0):
    """Return arguments of frames of 8 replicas x 40 times, all at the weights of one ensemble."""
    replica, time = np.repeat(np.arange(8), 40), np.tile(np.arange(40), 8)
    shift = replica_error * rng.standard_normal(8)[replica]
    shift = shift + block_error * rng.standard_normal(4)[time // 10]
    folded = rng.random(320) < np.clip(0.5 + shift, 0, 1)
    return {"folded": folded, "rg": 6 + shift, "energy": -50 + shift, "time": time,
            "replica": replica}  # fmt: skip


def test_weights_select_the_ensemble():
    rng = np.random.default_rng(4)
    arguments = exchange(rng)
    cold = arguments["folded"]

    def weights(kelvin):
        wanted = folded_fraction(kelvin, 360.0, 70.0)
        return np.where(cold, wanted / cold.mean(), (1 - wanted) / (1 - cold.mean()))

    curve = simulated_curve(KELVIN, weights, **arguments)
    fractions = [one.value for one in curve.values("folded")]
    np.testing.assert_allclose(fractions, folded_fraction(KELVIN, 360.0, 70.0))
    assert curve.fit.melting.value == pytest.approx(360, abs=0.1)
    assert curve.fit.melting.low < 360 < curve.fit.melting.high
    assert all(point.frames <= 320 for point in curve.points)


def test_errors_come_from_blocks_and_replicas():
    rng = np.random.default_rng(5)
    equal = np.ones(320)

    def width(kind, **errors):
        curve = simulated_curve([350.0], lambda _: equal, **exchange(rng, **errors))
        _, low, high = curve.values(kind)[0]
        return high - low

    slow = np.mean([width("rg", block_error=0.3) for _ in range(20)])
    fast = np.mean([width("rg", replica_error=0.3) for _ in range(20)])
    assert slow > 0.5 and fast == pytest.approx(0, abs=1e-9)
    assert width("folded_replicas", replica_error=0.3) > 2 * width("folded_replicas")


def test_block_intervals_cover_the_truth():
    rng = np.random.default_rng(6)
    covered = []
    for _ in range(200):
        curve = simulated_curve([350.0], lambda _: np.ones(320), **exchange(rng, block_error=0.2))
        _, low, high = curve.values("rg")[0]
        covered.append(low <= 6 <= high)
    assert 0.90 <= np.mean(covered) <= 0.99


def test_block_intervals_cover_rare_events():
    """Four blocks often have no event at all, and then no spread."""
    covered = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        given = exchange(rng)
        given["folded"] = rng.random(len(given["folded"])) < 0.01
        folded = simulated_curve([350.0], lambda _: np.ones(320), **given).points[0].folded
        covered.append(folded.low <= 0.01 <= folded.high)
    assert 0.90 <= np.mean(covered) <= 1.0


def test_few_times_are_refused():
    arguments = exchange(np.random.default_rng(7))
    arguments["time"] = arguments["time"] // 20
    with pytest.raises(ValueError, match="2 times"):
        simulated_curve([350.0], lambda _: np.ones(320), **arguments)
