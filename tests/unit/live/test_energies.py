"""OpenMM energies that arrive late."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from confdiff_widgets.live import Status
from confdiff_widgets.live.energies import Energies, _Batch
from confdiff_widgets.physics import EnergyResult

from ..sessions import play
from ..waiting import wait_for


def test_late_energy_goes_to_its_own_frame(make_session, monkeypatch):
    """Neither a frame that replaced its step nor a branch that took its letter receives it."""
    session = make_session()
    energies = session.energies
    submitted = []

    class Pool:
        pending = 0

        def submit(self, atoms, keys, *, first):
            submitted.extend(keys)

        def cancel(self, dropped):
            return []

        def close(self):
            pass

    monkeypatch.setattr(energies, "_pool", Pool())
    play(session)
    energies.enabled = True
    energies.offer(session.current, session.current.last)
    late = EnergyResult(submitted[0], -1.0, {}, np.zeros((10, 3)))
    session.reset()
    session.player.wait(Status.READY)
    play(session)
    wait_for(lambda: 6 in session.current.openmm)
    energies._deliver(late)
    assert np.isnan(session.current.openmm[6]).all()
    energies._deliver(replace(late, key=submitted[-3]))
    assert session.current.openmm[6][0] == -1


class RecordingPool:
    """Records what is submitted; `finish` delivers it."""

    def __init__(self):
        self.jobs = []

    def submit(self, atoms, keys, *, first):
        self.jobs[:0] = keys

    def cancel(self, dropped):
        removed = [key for key in self.jobs if dropped(key)]
        self.jobs = [key for key in self.jobs if not dropped(key)]
        return removed

    def close(self):
        pass

    def finish(self, energies, energy=-1.0):
        energies._deliver(EnergyResult(self.jobs.pop(0), energy, {}, np.zeros((10, 3))))


@pytest.fixture
def energies(make_session, monkeypatch):
    """Energies of a finished run of six steps, with a pool that computes nothing."""
    session = make_session()
    play(session)
    made = session.energies
    made.enabled, made.branch = True, session.current
    monkeypatch.setattr(made, "_pool", RecordingPool())
    return made


def intermediate(branch):
    """Return the frame of the last step before the result, at t = 0.1."""
    return replace(branch.frames[5], t=0.1)


def test_one_conformer_of_a_frame_is_computed_while_cores_are_scarce(energies):
    energies.scarce, pool, branch = True, energies._pool, energies.branch
    energies.offer(branch, intermediate(branch))
    assert len(pool.jobs) == 1
    energies.offer(branch, replace(branch.frames[4], t=0.2))
    assert len(pool.jobs) == 1, "the last one is still being computed"
    pool.finish(energies)
    assert np.isfinite(branch.openmm[5]).sum() == 1
    energies.offer(branch, replace(branch.frames[4], t=0.2))
    assert len(pool.jobs) == 1


def test_a_result_comes_first_and_drops_intermediate_frames(energies):
    pool, branch = energies._pool, energies.branch
    energies.offer(branch, intermediate(branch))
    assert len(pool.jobs) == 3
    energies.offer(branch, branch.last)
    assert len(pool.jobs) == 3 and len({number for number, _ in pool.jobs}) == 1
    for _ in range(3):
        pool.finish(energies)
    assert np.isfinite(branch.openmm[6]).all() and not energies._batches


def test_results_of_earlier_runs_are_still_computed(energies, make_session):
    pool, first = energies._pool, energies.branch
    other = make_session(seed=8)
    play(other)
    energies.offer(first, first.last)
    energies.offer(other.current, other.current.last)
    while pool.jobs:
        pool.finish(energies)
    assert np.isfinite(first.openmm[6]).all() and np.isfinite(other.current.openmm[6]).all()


def test_energies_that_fail_are_marked(energies):
    pool, branch = energies._pool, energies.branch
    energies.offer(branch, branch.last)
    pool.finish(energies, np.nan)
    assert np.isinf(branch.openmm[6]).sum() == 1


def test_early_predictions_have_no_energies(energies):
    branch = energies.branch
    energies.offer(branch, replace(branch.frames[2], t=0.6))
    assert not energies._pool.jobs and 2 not in branch.openmm


def test_energy_may_arrive_while_its_recorder_is_removed():
    """The branch has a recorder at the first access, and none at the second."""
    written, notified = [], []
    recorders = iter([SimpleNamespace(add_energy=lambda *energy: written.append(energy)), None])

    class Vanishing(SimpleNamespace):
        recorder = property(lambda _: next(recorders))

    branch = Vanishing(openmm={1: np.full(1, np.nan)})
    energies = Energies("YYDPETGTWY", lambda: notified.append(1))
    energies._batches[1] = _Batch(branch, 1, branch.openmm[1], 1, result=True)
    energies._deliver(SimpleNamespace(key=(1, 0), energy=-2.0))
    energies.close()
    assert written == [(1, 0, -2.0)] and notified
