"""Branches of a session."""

from __future__ import annotations

import time

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.live import Status
from confdiff_widgets.sampling import SamplerConfig

from ..sessions import IDLE, play, positions


def test_branch_shares_the_past_and_has_its_own_future(make_session):
    session = make_session()
    play(session)
    first = session.current
    branch = session.fork(3)
    assert session.player.wait(Status.PAUSED)
    session.set_parameters(gamma=0.0)
    play(session)
    assert [b.name for b in session.branches] == ["A", "B"]
    assert (branch.parent, branch.fork) == ("A", 3)
    for step in range(4):
        assert np.array_equal(positions(branch, step), positions(first, step))
    assert not np.array_equal(positions(branch, 4), positions(first, 4))


def test_branch_with_other_noise_starts_at_its_parent(make_session):
    session = make_session()
    play(session)
    first = session.current
    branch = session.fork(2, seed=99)
    session.player.wait(Status.PAUSED)
    play(session)
    assert np.array_equal(positions(branch, 2), positions(first, 2))
    assert not np.array_equal(positions(branch, 3), positions(first, 3))


@pytest.mark.parametrize("step", [-1, 6, 7])
def test_branch_at_an_impossible_step_is_rejected(make_session, step):
    session = make_session()
    play(session)
    with pytest.raises(SettingsError, match="branch"):
        session.fork(step)
    assert len(session.branches) == 1


def test_selected_branch_continues(make_session):
    session = make_session()
    session.player.step()
    session.player.wait(Status.PAUSED)
    session.restart(keep=True)
    session.player.wait(*IDLE)
    session.select("A")
    assert session.player.wait(Status.PAUSED)
    assert session.player.run is session.branches.find("A").run
    play(session)
    assert session.branches.find("B").last is None or session.branches.find("B").last.step == 0


def test_only_branch_cannot_be_removed(make_session):
    session = make_session()
    with pytest.raises(SettingsError, match="The only branch"):
        session.remove("A")
    session.restart(keep=True)
    session.remove("B")
    assert session.current.name == "A"
    with pytest.raises(SettingsError, match="no branch 'B'"):
        session.select("B")


def test_batch_beyond_the_memory_is_rejected_with_one_that_fits(make_session):
    session = make_session()
    with pytest.raises(SettingsError, match="Use at most"):
        session.restart(SamplerConfig(samples=10**6))
    assert session.config.samples == 3


def test_first_batch_beyond_the_memory_is_rejected(make_session):
    with pytest.raises(SettingsError, match=r"1000000 conformers .* GB may be used\. Use at most"):
        make_session(samples=10**6)


def test_selected_branch_keeps_its_frames_and_energies(make_session):
    session = make_session()
    play(session)
    frames, energies = dict(session.current.frames), np.zeros(3)
    session.current.openmm[6] = energies
    session.restart(keep=True)
    session.player.wait(Status.READY)
    session.select("A")
    assert session.player.wait(Status.FINISHED)
    time.sleep(0.1)
    assert session.current.frames == frames
    assert session.current.openmm[6] is energies


def test_run_of_a_branch_that_was_left_early_is_created_later(make_session):
    session = make_session()
    play(session)
    first = session.current
    branch = session.fork(3, seed=9)
    session.select("A")
    session.select("B")
    session.select("A")
    assert session.player.wait(Status.FINISHED)
    session.select("B")
    assert session.player.wait(Status.PAUSED)
    assert branch.run.state.step == 3
    play(session)
    assert branch.run.seeds == [5] * 3 + [9] * 3
    assert np.array_equal(positions(branch, 3), positions(first, 3))
