"""What the sliders and the seed's field say is what the next step does, whatever came before."""

from __future__ import annotations

import pytest

from confdiff_widgets.guidance import Schedule
from confdiff_widgets.live import Status, saved_runs

from ..sessions import RESTING, play, positions
from ..waiting import wait_for


@pytest.fixture
def guided(make_session):
    """A finished run with γ and η at 1, in a session of its own."""
    session = make_session(guidance="force", eta=1.0)
    play(session)
    return session


def knobs(session):
    return session.config.gamma, session.config.eta


def test_turned_then_branched(guided):
    guided.set_parameters(gamma=0.3)
    guided.set_parameters(eta=2.5)
    branch = guided.fork(4)
    play(guided)
    assert knobs(guided) == (0.3, 2.5)
    assert branch.run.gammas == [1.0] * 4 + [0.3] * 2
    assert branch.run.etas == [1.0] * 4 + [2.5] * 2
    assert [turn["step"] for turn in branch.parameter_changes()] == [5, 5]


def test_turned_then_reset(guided):
    guided.set_parameters(gamma=0.3, eta=2.5)
    guided.reset()
    play(guided)
    assert knobs(guided) == (0.3, 2.5)
    assert guided.current.run.gammas == [0.3] * 6
    assert guided.current.run.etas == [2.5] * 6


def test_turned_then_begun_again(guided):
    guided.set_parameters(gamma=0.3, eta=2.5)
    guided.play()
    assert guided.player.wait(Status.FINISHED)
    assert guided.current.run.config.gamma == 0.3
    assert guided.current.run.etas == [2.5] * 6


@pytest.mark.parametrize("command", ["fork", "reset", "select", "restart"])
def test_turned_while_the_run_is_being_made(guided, command):
    guided.restart(keep=True)
    assert guided.player.wait(Status.READY)
    guided.player.step()
    guided.player.wait(Status.PAUSED)
    given = {"fork": (1,), "select": ("A",)}.get(command, ())
    getattr(guided, command)(*given)
    guided.set_parameters(gamma=0.3)
    assert guided.player.wait(*RESTING)
    if command == "select":
        assert guided.current.name == "A" and guided.current.run.gamma == 0.3
        return
    made = guided.current.run.state.step
    play(guided)
    assert guided.current.run.gammas == [1.0] * made + [0.3] * (6 - made)


def test_turned_back_and_branched(guided):
    """The branch begins at a step with other knobs than those that stand now."""
    guided.set_parameters(gamma=0.3)
    guided.reset()
    play(guided)
    guided.set_parameters(gamma=1.0)
    branch = guided.fork(2)
    play(guided)
    assert branch.run.gammas == [0.3] * 2 + [1.0] * 4


def test_a_window_is_branched_too(guided):
    window = Schedule(2.0, start=0.6, stop=0.1)
    guided.set_parameters(eta=window)
    branch = guided.fork(1)
    play(guided)
    assert branch.run.knobs[-1].eta == window
    assert {0.0, 2.0} == set(branch.run.etas[1:])


def test_selecting_shows_the_knobs_of_the_branch(guided):
    guided.set_parameters(gamma=0.3)
    guided.fork(2, seed=77)
    play(guided)
    guided.set_parameters(eta=2.5)
    guided.select("A")
    assert knobs(guided) == (0.3, 1.0), "turned before the branch was left, and not after"
    assert guided.config.seed == 5
    guided.player.wait(*RESTING)
    guided.select("B")
    assert knobs(guided) == (0.3, 2.5)
    assert guided.config.seed == 77
    assert guided.player.wait(Status.FINISHED)
    assert (guided.current.run.gamma, guided.current.run.eta) == (0.3, 2.5)


def test_selecting_shows_the_settings_of_the_branch(make_session):
    session = make_session(samples=2, steps=4)
    session.restart(session.config.__class__(samples=3, steps=6, seed=8), keep=True)
    session.player.wait(*RESTING)
    session.select("A")
    assert (session.config.samples, session.config.steps, session.config.seed) == (2, 4, 5)
    session.remove("A")
    assert (session.config.samples, session.config.steps, session.config.seed) == (3, 6, 8)


def test_a_branch_that_takes_another_seed_shows_it(guided):
    guided.fork(3, seed=99)
    assert guided.config.seed == 99
    play(guided)
    assert guided.current.run.seeds == [5] * 3 + [99] * 3
    guided.fork(4)
    assert guided.config.seed == 99, "the noise of its parent"


def test_falling_back_shows_the_knobs_of_the_run_that_stays(guided):
    guided.set_parameters(gamma=0.3)
    config = guided.config
    guided.restart(config.__class__(samples=3, steps=6, t_start=0.5))  # and no structure
    wait_for(lambda: guided.notice is not None)
    assert guided.player.wait(Status.FINISHED)
    assert knobs(guided) == (0.3, 1.0)
    assert guided.current.run.gamma == 0.3


def test_a_reopened_run_shows_its_last_knobs_and_seed(guided, make_session, tmp_path):
    window = Schedule(2.0, start=0.9, stop=0.0)
    guided.set_parameters(eta=window)
    branch = guided.fork(3, seed=99)
    guided.player.wait(Status.PAUSED)
    guided.player.step()
    wait_for(lambda: 4 in branch.frames)
    again = make_session()
    opened = again.open(branch.folder)
    assert knobs(again) == (1.0, window)
    assert again.config.seed == 99
    play(again)
    assert opened.run.knobs[-1] == (1.0, window)
    play(guided)
    assert positions(opened, 6) == pytest.approx(positions(branch, 6), abs=1e-4)
    assert len(list(saved_runs(tmp_path / "runs"))) == 2
