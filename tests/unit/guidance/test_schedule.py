"""Schedules of γ and η."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance import Schedule
from confdiff_widgets.guidance.schedule import make_strength, strength_at


@pytest.mark.parametrize("shape", ["constant", "linear", "cosine"])
def test_strength_outside_the_window(shape):
    schedule = Schedule(2.0, 0.8, 0.2, shape, rest=0.5)
    assert [schedule(t) for t in (1.0, 0.81, 0.19, 0.0)] == [0.5] * 4
    assert schedule(0.2) == pytest.approx(2.0)


def test_shapes():
    at = (0.8, 0.65, 0.5, 0.35, 0.2)
    window = (2.0, 0.8, 0.2)
    assert [Schedule(*window)(t) for t in at] == [2.0] * 5
    assert [Schedule(*window, "linear")(t) for t in at] == pytest.approx([0, 0.5, 1, 1.5, 2])
    cosine = [1 - math.cos(math.pi * k / 4) for k in range(5)]
    assert [Schedule(*window, "cosine")(t) for t in at] == pytest.approx(cosine)
    assert Schedule(3.0, 0.8, 0.2, "linear", rest=1.0)(0.5) == pytest.approx(2.0)


def test_schedule_survives_json():
    schedule = Schedule(1.5, 0.9, 0.1, "cosine", rest=1.0)
    assert make_strength(json.loads(json.dumps(asdict(schedule))), "η") == schedule
    assert make_strength(schedule, "η") is schedule
    assert make_strength(1, "η") == 1.0
    assert strength_at(0.7, 0.3) == 0.7
    assert strength_at(schedule, 0.95) == 1.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (math.nan, "η is nan. Give a finite number"),
        ({"value": math.inf}, "value of a schedule is inf. Give a finite number"),
        ({"value": 1.0, "rest": math.nan}, "rest of a schedule is nan. Give a finite number"),
        ({"value": 1.0, "start": 0.2, "stop": 0.8}, "window of a schedule is 0.2 to 0.8"),
        ({"value": 1.0, "start": 1.2}, "window of a schedule is 1.2"),
        ({"value": 1.0, "stop": math.nan}, "window of a schedule"),
        ({"value": 1.0, "shape": "square"}, "Unknown shape 'square'.*constant, linear, cosine"),
        ({"value": 1.0, "end": 0.1}, "η is not a schedule: .*end"),
    ],
)
def test_invalid_strengths_are_refused(wrong, message):
    with pytest.raises(SettingsError, match=message):
        make_strength(wrong, "η")
