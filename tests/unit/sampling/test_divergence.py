"""Diverged runs: what is reported, what is kept, and how to continue."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import UserError
from confdiff_widgets.live import Recording, Status
from confdiff_widgets.live import observer as observing
from confdiff_widgets.sampling.divergence import DivergenceError

from ..sessions import play
from ..waiting import wait_for

pytestmark = pytest.mark.usefixtures("wide_ranges")


@pytest.fixture
def guided(make_session):
    """Return a session that is paused after two valid steps."""
    session = make_session(guidance="force", eta=1.0)
    for step in (1, 2):
        session.player.step()
        wait_for(lambda step=step: step in session.current.frames)
    return session


def diverge(session):
    session.set_parameters(eta=1e30)
    session.play()
    assert session.player.wait(Status.FAILED)


def test_error_names_step_parameters_and_advice(guided):
    diverge(guided)
    error = guided.player.error
    assert isinstance(error, DivergenceError)
    for part in ("Step 3 of 6", "γ = 1", "η = 1e+30", "Lower η", "Step 2, the last valid one"):
        assert part in str(error)
    assert guided.error_message == str(error), "without the name of a class"


def test_steps_before_the_divergence_are_kept(guided):
    diverge(guided)
    assert guided.current.run.state.step == 2
    assert sorted(guided.current.frames) == [0, 1, 2]
    assert len(Recording(guided.current.folder).steps) == 2


@pytest.mark.parametrize("way", ["go on", "branch", "rewind", "restart"])
def test_continuing_after_a_divergence(guided, way):
    diverge(guided)
    guided.set_parameters(eta=1.0)
    if way == "branch":
        guided.fork(2)
    elif way == "rewind":
        guided.reset()
    elif way == "restart":
        guided.restart()
    play(guided)
    assert guided.current.run.finished and guided.error_message == ""
    assert guided.current.run.etas[-1] == 1.0
    assert len(Recording(guided.current.folder).steps) == 6, "it is recorded"


def test_retrying_with_the_same_eta_fails_again(guided):
    diverge(guided)
    guided.play()
    assert guided.player.wait(Status.FAILED)
    assert "Step 3 of 6" in guided.error_message


@pytest.mark.parametrize("guidance", ["force", "energy"])
def test_invalid_conformers_are_reported_at_the_end(make_session, guidance):
    session = make_session(guidance=guidance, eta=1e9)
    play(session)
    wait_for(lambda: session.notice is not None)
    assert "3 of 3 conformers diverged" in str(session.notice)
    assert "η = 1e+09" in str(session.notice)
    assert session.current.last.extent.min() > 1000
    session.set_parameters(eta=1.0)
    session.play()
    assert session.notice is None, "it is of the run before"
    assert session.player.wait(Status.FINISHED)
    wait_for(lambda: len(session.current.frames) == 7)
    assert session.notice is None


@pytest.mark.parametrize("eta", [1e9, 1e15, 1e20, 1e30])
def test_observer_continues_at_every_eta(make_session, eta):
    session = make_session(guidance="force", eta=eta)
    session.play()
    assert session.player.wait(Status.FAILED, Status.FINISHED)
    wait_for(lambda: len(session.current.frames) == session.current.run.state.step + 1)
    session.set_parameters(eta=1.0)
    session.restart()
    session.player.wait(Status.READY)
    play(session)
    assert len(Recording(session.current.folder).steps) == 6


def test_frame_that_cannot_be_measured_is_reported(make_session, monkeypatch):
    session = make_session()
    frame_of_state = observing.frame_of_state

    def broken(state, system):
        if state.step == 3:
            raise FloatingPointError("too large to square")
        return frame_of_state(state, system)

    monkeypatch.setattr(observing, "frame_of_state", broken)
    session.play()
    assert session.player.wait(Status.FINISHED)
    wait_for(lambda: len(session.current.frames) == 6)
    assert 3 not in session.current.frames
    assert isinstance(session.notice, UserError)
    assert "Step 3 could not be measured: FloatingPointError" in str(session.notice)
    assert len(Recording(session.current.folder).steps) == 6
    monkeypatch.undo()
    session.restart()
    session.player.wait(Status.READY)
    play(session)
    assert session.notice is None


def test_failing_listener_does_not_stop_the_others(make_session):
    session = make_session()
    session.listen(lambda: 1 / 0)
    play(session)


def test_unexpected_error_comes_with_advice(make_session, system):
    session = make_session()
    for step in (1, 2):
        session.player.step()
        wait_for(lambda step=step: step in session.current.frames)
    forward = system.tiny.conditional.network.forward
    system.tiny.conditional.network.forward = lambda *a, **k: 1 / 0
    session.play()
    assert session.player.wait(Status.FAILED)
    for part in ("ZeroDivisionError", "up to step 2", str(session.current.folder), "Restart"):
        assert part in session.error_message
    system.tiny.conditional.network.forward = forward
    session.play()
    assert session.player.wait(Status.FINISHED), "it tries the step again"
    assert session.error_message == ""


def test_error_names_a_gamma_that_is_too_large(make_session):
    session = make_session()
    session.set_parameters(gamma=1e30)
    session.play()
    assert session.player.wait(Status.FAILED)
    for part in (
        "γ = 1e+30",
        "γ closer to the usual range of 0 to 1",
        "Step 0, the last valid one",
    ):
        assert part in session.error_message
    session.set_parameters(gamma=1.0)
    play(session)
