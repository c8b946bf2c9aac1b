"""Alignments: equal sequences, one gap for a loop, tags, exchanged ends, and the best score."""

from __future__ import annotations

import itertools
import random

import pytest

from confdiff_widgets.ensembles.sequence_alignment import (
    EXTEND,
    MATCH,
    MISMATCH,
    OPEN,
    OPEN_AT_END,
    align,
)


def pairs(*blocks):
    return [(i + k, j + k) for i, j, n in blocks for k in range(n)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("ACDEF", "ACDEF", pairs((0, 0, 5))),
        ("ACDEFGHIK", "ACDIK", pairs((0, 0, 3), (7, 3, 2))),  # a missing loop is one gap
        ("ACDEF", "GGACDEFGG", pairs((0, 2, 5))),  # tags
        ("ACDEF", "WCDEW", pairs((0, 0, 5))),  # exchanged ends remain aligned
        ("", "ACD", []),
    ],
)
def test_alignments(first, second, expected):
    assert align(first, second) == expected


def score(first, second, found):
    total = sum(MATCH if first[i] == second[j] else MISMATCH for i, j in found)
    ends = [(-1, -1), *found, (len(first), len(second))]
    for (i, j), (k, m) in itertools.pairwise(ends):
        for gap, place, length in ((k - i - 1, j + 1, len(second)), (m - j - 1, i + 1, len(first))):
            if gap:
                total -= (OPEN_AT_END if place in (0, length) else OPEN) + EXTEND * (gap - 1)
    return total


def all_alignments(rows, columns):
    for count in range(min(rows, columns) + 1):
        for left in itertools.combinations(range(rows), count):
            for right in itertools.combinations(range(columns), count):
                yield list(zip(left, right, strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_no_other_alignment_scores_higher(seed):
    rng = random.Random(seed)
    first, second = ("".join(rng.choices("ACD", k=rng.randint(3, 6))) for _ in range(2))
    best = max(score(first, second, each) for each in all_alignments(len(first), len(second)))
    assert score(first, second, align(first, second)) == pytest.approx(best)
