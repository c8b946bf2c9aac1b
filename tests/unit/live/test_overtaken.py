"""Commands that come while a run is being made: the newest decides, and the session shows it."""

from __future__ import annotations

import threading

import pytest

from confdiff_widgets.live import Recording, Status
from confdiff_widgets.sampling import SamplerConfig

from ..sessions import RESTING, play
from ..waiting import wait_for

IMPOSSIBLE = SamplerConfig(samples=3, steps=6, t_start=0.5)
"""Without a structure to start from."""


@pytest.fixture
def slow(make_session, monkeypatch):
    """A session that has played A, and whose next run is made when it is let go."""
    session = make_session()
    play(session)
    session.begun, session.let = threading.Event(), threading.Event()
    make = session._run_factory.create_run

    def wait_and_make(branch, device):
        session.begun.set()
        assert session.let.wait(20)
        return make(branch, device)

    monkeypatch.setattr(session._run_factory, "create_run", wait_and_make)
    yield session
    session.let.set()


def begin(session, config=None):
    session.restart(config)
    assert session.begun.wait(20)


def is_whole(session):
    """What is current is on the player, seen and saved."""
    assert session.player.run is session.current.run
    assert session.current in session.branches
    play(session)
    assert len(Recording(session.current.folder).steps) == 6


def test_a_restart_that_fails_takes_nothing_from_the_one_after_it(slow):
    begin(slow, IMPOSSIBLE)
    slow.restart(SamplerConfig(samples=2, steps=6, seed=8))
    newest = slow.current
    slow.let.set()
    assert slow.player.wait(*RESTING)
    assert slow.current is newest and slow.config.seed == 8 and slow.error_message == ""
    assert slow.branches == [newest]
    is_whole(slow)


def test_a_restart_that_fails_takes_nothing_from_a_choice(slow):
    slow.restart(keep=True)
    second = slow.current
    slow.let.set()
    assert slow.player.wait(Status.READY)
    slow.let.clear()
    slow.begun.clear()
    slow.select("A")
    begin(slow, IMPOSSIBLE)
    slow.select(second.name)
    slow.let.set()
    assert slow.player.wait(Status.READY)
    assert slow.current is second and slow.error_message == ""
    is_whole(slow)


def test_a_restart_that_was_overtaken_forgets_nothing(slow):
    first = slow.current
    begin(slow)
    slow.restart(IMPOSSIBLE)
    slow.let.set()
    wait_for(lambda: slow.notice is not None)
    assert slow.player.wait(Status.FINISHED)
    assert slow.current is first and slow.branches == [first]
    is_whole(slow)


def test_a_run_that_was_left_for_the_one_before_stands_beside_it(slow):
    begin(slow)
    left = slow.current
    slow.select("A")
    slow.let.set()
    assert slow.player.wait(Status.FINISHED)
    assert [branch.name for branch in slow.branches] == ["A", "B"]
    slow.select("B")
    assert slow.player.wait(Status.READY)
    assert slow.current is left and len(slow.branches) == 2
    is_whole(slow)


def test_a_reset_of_a_run_that_cannot_be_made_falls_back_too(slow):
    begin(slow, IMPOSSIBLE)
    slow.reset()
    slow.let.set()
    wait_for(lambda: slow.notice is not None)
    assert slow.player.wait(Status.FINISHED)
    assert slow.current.name == "A" and len(slow.branches) == 1
    is_whole(slow)


def test_there_is_no_falling_back_on_what_was_removed(slow):
    begin(slow, IMPOSSIBLE)
    slow.remove("A")
    slow.let.set()
    assert slow.player.wait(Status.FAILED)
    assert slow.branches == [slow.current] and "structure" in slow.error_message
