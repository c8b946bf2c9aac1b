"""Values of the page's messages: what each parser accepts and refuses."""

from __future__ import annotations

import math

import pytest

from confdiff_widgets.ranges import Range
from confdiff_widgets.widgets.explorer import messages as m

ACCEPTED = [
    (m.number, 3, 3.0),
    (m.number, math.inf, math.inf),
    (m.whole, 3.0, 3),
    (m.index, 0, 0),
    (m.flag, False, False),
    (m.text, "γ", "γ"),
    (m.content, "a\0b", "a\0b"),
    (m.optional(m.number), None, None),
    (m.list_of(m.index, 2), [1, 2], [1, 2]),
    (m.one_of(["a", "b"]), "b", "b"),
    (m.within(Range(1, 5)), 5, 5.0),
    (m.fields({"a": m.number}, required=False), {}, {}),
    (m.any_value, {"x": [1]}, {"x": [1]}),
]
REFUSED = [
    (m.number, True),
    (m.number, "3"),
    (m.number, 10**400),
    (m.whole, 2.5),
    (m.whole, 2**53),
    (m.whole, math.nan),
    (m.index, -1),
    (m.flag, 1),
    (m.text, "a\0b"),
    (m.content, "\ud800"),
    (m.list_of(m.index, 2), [1]),
    (m.list_of(m.index), "12"),
    (m.list_of(m.index), [1, -1]),
    (m.one_of(["a", "b"]), "c"),
    (m.within(Range(1, 5)), 6),
    (m.fields({"a": m.number}), {}),
    (m.fields({"a": m.number}), {"a": 1, "b": 2}),
    (m.fields({"a": m.number}), [("a", 1)]),
]


@pytest.mark.parametrize(("parse", "value", "expected"), ACCEPTED)
def test_accepted_values(parse, value, expected):
    found = parse(value)
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(("parse", "value"), REFUSED)
def test_refused_values_say_what_to_do(parse, value):
    with pytest.raises(m.MessageError, match=r"^The page sent .* instead of .*Reload the page"):
        parse(value)
