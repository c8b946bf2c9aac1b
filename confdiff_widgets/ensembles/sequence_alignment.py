"""Global alignment of two sequences of nearly the same protein.

Needleman–Wunsch alignment with affine gaps (Gotoh, J. Mol. Biol. 162, 705, 1982). Opening a gap is
expensive and extending it is cheap, so that a missing loop is one gap. Gaps at the ends cost less,
so that tags are omitted while mutated ends remain aligned.
"""

from __future__ import annotations

MATCH, MISMATCH = 2.0, -1.0
OPEN, OPEN_AT_END, EXTEND = 3.0, 1.0, 0.05

_PAIRED, _DELETED, _INSERTED = range(3)
"""State of the last column: a pair, a letter of the first sequence only, of the second only."""


def align(first: str, second: str) -> list[tuple[int, int]]:
    """Return increasing pairs of indices of equal or exchanged letters.

    Takes about 2 µs for each pair of letters.
    """
    rows, columns = len(first), len(second)
    worst = float("-inf")
    # best[state][j]: score of first[:i] with second[:j] with the last column in this state
    best = [[worst] * (columns + 1) for _ in range(3)]
    best[_PAIRED][0] = 0.0
    previous: list[list[list[int]]] = []  # [i][state][j]: state of the column before
    for i in range(rows + 1):
        above = best
        best = [[worst] * (columns + 1) for _ in range(3)]
        trace = [[0] * (columns + 1) for _ in range(3)]
        open_inserted = OPEN_AT_END if i in (0, rows) else OPEN
        for j in range(columns + 1):
            if i == j == 0:
                best[_PAIRED][0] = 0.0
                continue
            open_deleted = OPEN_AT_END if j in (0, columns) else OPEN
            if i and j:
                before = [above[state][j - 1] for state in range(3)]
                trace[_PAIRED][j] = _best(before)
                score = MATCH if first[i - 1] == second[j - 1] else MISMATCH
                best[_PAIRED][j] = max(before) + score
            if i:
                before = [above[state][j] - open_deleted for state in range(3)]
                before[_DELETED] += open_deleted - EXTEND
                trace[_DELETED][j] = _best(before)
                best[_DELETED][j] = max(before)
            if j:
                before = [best[state][j - 1] - open_inserted for state in range(3)]
                before[_INSERTED] += open_inserted - EXTEND
                trace[_INSERTED][j] = _best(before)
                best[_INSERTED][j] = max(before)
        previous.append(trace)
    return _trace_back(previous, _best([best[state][columns] for state in range(3)]), rows, columns)


def _best(scores: list[float]) -> int:
    return scores.index(max(scores))


def _trace_back(
    previous: list[list[list[int]]], state: int, i: int, j: int
) -> list[tuple[int, int]]:
    """Collect the pairs from the end, reached in this state, back to the start."""
    pairs = []
    while i or j:
        before = previous[i][state][j]
        if state == _PAIRED:
            pairs.append((i - 1, j - 1))
        i -= state != _INSERTED
        j -= state != _DELETED
        state = before
    return pairs[::-1]
