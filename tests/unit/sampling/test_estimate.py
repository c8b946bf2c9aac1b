"""Estimates of the memory and time of a run, and their summary."""

from __future__ import annotations

import time

import pytest

from confdiff_widgets.sampling.estimate import Estimate, estimate


def test_estimate_of_a_run(make_run):
    run = make_run(samples=6, steps=4)
    found = estimate(run)
    assert (found.length, found.samples, found.batch) == (10, 6, 6)
    assert 0 < found.bytes_each < found.bytes_free
    before = run.state
    began = time.perf_counter()
    list(run)
    assert found.seconds < 20 * (time.perf_counter() - began)
    assert before.step == 0  # timing does not change the run


def test_more_networks_take_longer(make_run):
    one, two = (estimate(make_run(samples=4, steps=4, gamma=gamma)) for gamma in (1.0, 0.5))
    assert two.bytes_each == one.bytes_each
    assert two.seconds > 0 and one.seconds > 0


@pytest.mark.parametrize(
    ("seconds", "batch", "words"),
    [
        (0.2, 8, "in one batch: about 24 MiB of 2.0 GiB free, and 1 s"),
        (600, 4, "in batches of 4: about 12 MiB of 2.0 GiB free, and 10 min"),
        (9000, 8, "and 2.5 h"),
    ],
)
def test_summary(seconds, batch, words):
    found = Estimate(58, 8, batch, 3 * 2**20, 2 * 2**30, seconds)
    assert found.describe().startswith("8 conformers of 58 residues, ")
    assert words in found.describe()
