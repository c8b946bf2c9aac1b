"""Branches: frames by step, changes of γ and η, times, titles, and truncation."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.guidance import Schedule
from confdiff_widgets.guidance.parameters import GuidanceParameters
from confdiff_widgets.live import Branch, Frame
from confdiff_widgets.sampling import SamplerConfig

CONFIG = SamplerConfig(samples=2, steps=5, seed=3)


def frame(step, gamma=1.0, eta=0.0, t=0.5):
    noisy = np.zeros((2, 4, 4, 3), dtype=np.float32)
    return Frame(step, t, noisy, evaluated_t=t, parameters=GuidanceParameters(gamma, eta))


@pytest.fixture
def branch():
    return Branch("A", "A", CONFIG, None)


def test_times_are_those_of_the_run_and_end_at_zero(branch, make_session):
    run = make_session(steps=5).current.run
    assert branch.times == [*run.times, 0.0]
    assert branch.steps == run.steps == 5
    assert not branch.finished


def test_frames_are_found_by_step(branch):
    assert branch.last is None and branch.nearest(3) is None
    for step in (3, 0, 1):
        branch.frames[step] = frame(step)
    assert [f.step for f in branch.in_order()] == [0, 1, 3]
    assert branch.last.step == 3
    assert [branch.nearest(step).step for step in (0, 1, 3, 9)] == [0, 1, 3, 3]


def test_changes_of_the_parameters_are_listed_with_both_values(branch):
    for step, gamma, eta in ((1, 1.0, 0.0), (2, 0.5, 0.0), (3, 0.5, 2.0), (4, 0.5, 2.0)):
        branch.frames[step] = frame(step, gamma, eta)
    assert branch.parameter_changes() == [
        {"step": 2, "parameter": "γ", "from": 1.0, "to": 0.5},
        {"step": 3, "parameter": "η", "from": 0.0, "to": 2.0},
    ]


def test_a_schedule_changes_where_its_value_changes(branch):
    schedule = Schedule(2.0, start=0.6, stop=0.1)
    for step, t in ((1, 0.9), (2, 0.5), (3, 0.05)):
        branch.frames[step] = frame(step, eta=schedule, t=t)
    assert [(c["step"], c["to"]) for c in branch.parameter_changes()] == [(2, 2.0), (3, 0.0)]


def test_truncation_removes_later_frames_and_energies(branch):
    for step in range(4):
        branch.frames[step] = frame(step)
        branch.openmm[step] = np.zeros(2)
    branch.truncate(1)
    assert sorted(branch.frames) == sorted(branch.openmm) == [0, 1]


def test_an_empty_title_is_the_name(branch):
    branch.rename("  folded  ")
    assert branch.title == "folded"
    branch.rename(" ")
    assert branch.title == "A"


def test_the_next_run_has_the_present_parameters_and_seed(branch):
    branch.parameters, branch.seed = GuidanceParameters(0.5, 0.0), 9
    assert (branch.next_config.gamma, branch.next_config.seed) == (0.5, 9)
    assert branch.next_config.steps == CONFIG.steps
