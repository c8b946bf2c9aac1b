"""Spacing and continuity of frame times."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.ensembles.frame_times import analyse_times

STEP = 20.0
RUN = STEP * np.arange(50)


@pytest.mark.parametrize("start", [0.0, 1e5, 1e7])
def test_even_times_in_single_precision(start):
    found = analyse_times(np.float32(start + RUN))
    assert found.frame_ps == pytest.approx(STEP, rel=1e-3)
    assert not found.piece.any() and not found.uneven


@pytest.mark.parametrize(
    "times",
    [
        np.concatenate([RUN, RUN]),  # two runs, joined
        np.concatenate([RUN, RUN[-1] + RUN]),  # the last frame written twice at a restart
        np.concatenate([RUN, RUN[-1] + 10 * STEP + RUN]),  # lost frames
        np.concatenate([RUN, RUN + 300.0]),  # an overlap
    ],
)
def test_joints_split_the_frames(times):
    found = analyse_times(times)
    assert (found.frame_ps, found.uneven) == (STEP, "")
    np.testing.assert_array_equal(found.piece, np.repeat([0, 1], 50))


@pytest.mark.parametrize(
    "times",
    [
        np.cumsum(np.arange(50.0)),
        2.0 ** np.arange(20),
        np.concatenate([RUN[:20], RUN[20] + 0.3 * RUN]),
        RUN + np.random.default_rng(0).uniform(0, 5, 50),
        np.concatenate([[0, STEP], 7 * STEP * np.arange(1, 30)]),
        -RUN,
        np.append(RUN, np.nan),
    ],
)
def test_uneven_times_have_no_spacing(times):
    found = analyse_times(times)
    assert found.frame_ps is None and found.uneven and not found.piece.any()


@pytest.mark.parametrize("times", [[0.0], np.zeros(9), np.full(9, 5.0)])
def test_equal_times_are_missing_times(times):
    found = analyse_times(times)
    assert (found.frame_ps, found.uneven) == (None, "")
