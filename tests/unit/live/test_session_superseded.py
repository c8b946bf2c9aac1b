"""Commands that arrive while a run is created: the last one decides, and the session shows it."""

from __future__ import annotations

import threading

import pytest

from confdiff_widgets.live import Recording, Status
from confdiff_widgets.sampling import SamplerConfig

from ..sessions import IDLE, play
from ..waiting import wait_for

IMPOSSIBLE = SamplerConfig(samples=3, steps=6, t_start=0.5)
"""Settings that need a starting structure, which the session lacks."""


@pytest.fixture
def blocked(make_session, monkeypatch):
    """Return a session that has begun A and creates its next run once ``release`` is set."""
    session = make_session()
    session.player.step()
    wait_for(lambda: 1 in session.current.frames)
    session.creating, session.release = threading.Event(), threading.Event()
    create_run = session._run_factory.create_run

    def create_when_released(branch, device):
        session.creating.set()
        assert session.release.wait(20)
        return create_run(branch, device)

    monkeypatch.setattr(session._run_factory, "create_run", create_when_released)
    yield session
    session.release.set()


def restart(session, config=None):
    session.restart(config)
    assert session.creating.wait(20)


def assert_consistent(session):
    """Check that the current branch is on the player, measured and saved."""
    assert session.player.run is session.current.run
    assert session.current in session.branches
    play(session)
    assert len(Recording(session.current.folder).steps) == 6


def test_failed_restart_does_not_affect_a_later_restart(blocked):
    restart(blocked, IMPOSSIBLE)
    blocked.restart(SamplerConfig(samples=2, steps=6, seed=8))
    newest = blocked.current
    blocked.release.set()
    assert blocked.player.wait(*IDLE)
    assert blocked.current is newest and blocked.config.seed == 8 and blocked.error_message == ""
    first, second = blocked.branches
    assert first.has_own_steps and second is newest, "the failed run does not stay"
    assert_consistent(blocked)


def test_failed_restart_does_not_affect_a_later_selection(blocked):
    blocked.restart(keep=True)
    second = blocked.current
    blocked.release.set()
    assert blocked.player.wait(Status.READY)
    blocked.release.clear()
    blocked.creating.clear()
    blocked.select("A")
    restart(blocked, IMPOSSIBLE)
    blocked.select(second.name)
    blocked.release.set()
    assert blocked.player.wait(Status.READY)
    assert blocked.current is second and blocked.error_message == ""
    assert_consistent(blocked)


def test_superseded_restart_removes_no_branch(blocked):
    first = blocked.current
    restart(blocked)
    blocked.restart(IMPOSSIBLE)
    blocked.release.set()
    wait_for(lambda: blocked.notice is not None)
    assert blocked.player.wait(Status.PAUSED)
    assert blocked.current is first and blocked.branches == [first]
    assert_consistent(blocked)


def test_restarted_run_stays_if_the_previous_one_is_selected_meanwhile(blocked):
    restart(blocked)
    left = blocked.current
    blocked.select("A")
    blocked.release.set()
    assert blocked.player.wait(Status.PAUSED)
    assert [branch.name for branch in blocked.branches] == ["A", "B"]
    blocked.select("B")
    assert blocked.player.wait(Status.READY)
    assert blocked.current is left and len(blocked.branches) == 2
    assert_consistent(blocked)


def test_reset_of_an_impossible_run_falls_back(blocked):
    restart(blocked, IMPOSSIBLE)
    blocked.reset()
    blocked.release.set()
    wait_for(lambda: blocked.notice is not None)
    assert blocked.player.wait(Status.PAUSED)
    assert blocked.current.name == "A" and len(blocked.branches) == 1
    assert_consistent(blocked)


def test_no_fallback_to_a_removed_branch(blocked):
    restart(blocked, IMPOSSIBLE)
    blocked.remove("A")
    blocked.release.set()
    assert blocked.player.wait(Status.FAILED)
    assert blocked.branches == [blocked.current] and "structure" in blocked.error_message
