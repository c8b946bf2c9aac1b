"""Ranges: any value is either accepted as a number or refused with one clear error."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.ranges import FINITE, Range, shown

NESTED: list = []
for _ in range(100_000):
    NESTED = [NESTED]

COUNT = Range(1, 100, whole=True)
LENGTH = Range(0, 10, above=True, unit="Å")


@pytest.mark.parametrize("value", [1, 100, 7.0, np.int64(3), np.float32(8)])
def test_accepted_whole_numbers_become_ints(value):
    checked = COUNT.check(value, "count")
    assert checked == value
    assert type(checked) is int


@pytest.mark.parametrize("value", [10, 0.5, np.float64(3.5), Fraction(1, 2)])
def test_accepted_numbers_become_floats(value):
    checked = LENGTH.check(value, "length")
    assert checked == float(value)
    assert type(checked) is float


REFUSED = [
    0, 101, -1, 2.5, math.nan, math.inf, -math.inf, 1e308, 10**400, -(10**5000), True, None, "5",
    "x" * 10**6, b"5", [1], {}, NESTED, 1j, object(), np.ones(3), Fraction(1, 3),
]  # fmt: skip


@pytest.mark.parametrize("value", REFUSED, ids=range(len(REFUSED)))
def test_anything_else_is_refused_with_one_short_error(value):
    with pytest.raises(SettingsError) as refused:
        COUNT.check(value, "count")
    message = str(refused.value)
    assert message.startswith("count is ")
    assert message.endswith(". Give a whole number from 1 to 100.")
    assert len(message) < 200
    assert "\n" not in message


def test_an_excluded_end_and_the_unit_are_named():
    with pytest.raises(SettingsError, match=r"length is 0 Å\. Give a number above 0, up to 10 Å."):
        LENGTH.check(0, "length")


def test_large_whole_numbers_stay_exact():
    most = 2**53 - 1
    seeds = Range(0, most, whole=True)
    assert seeds.check(most, "seed") == most
    with pytest.raises(SettingsError, match=f"to {most}"):
        seeds.check(2**53, "seed")


def test_finite_numbers_are_described_as_such():
    assert FINITE.check(-1e30, "x") == -1e30
    with pytest.raises(SettingsError, match=r"x is nan\. Give a finite number"):
        FINITE.check(math.nan, "x")


def test_quoted_values_are_short():
    assert shown("a\nb") == r"'a\nb'"
    assert shown(10**5000) == "a number of 5001 digits"
    assert len(shown(["x" * 1000])) < 70
