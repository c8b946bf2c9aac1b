"""γ, η and the seed of a session are those of the next step, whatever the command."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance import Schedule
from confdiff_widgets.live import Status, saved_runs

from ..sessions import IDLE, play, positions
from ..waiting import wait_for


@pytest.fixture
def guided(make_session):
    """Return a session with a finished run with γ = η = 1."""
    session = make_session(guidance="force", eta=1.0)
    play(session)
    return session


def parameters(session):
    return session.config.gamma, session.config.eta


def test_change_is_recorded_at_its_step(make_session):
    session = make_session()
    session.player.step()
    session.player.wait(Status.PAUSED)
    wait_for(lambda: 1 in session.current.frames)
    session.set_parameters(gamma=0.25)
    play(session)
    assert session.current.parameter_changes() == [
        {"step": 2, "parameter": "γ", "from": 1.0, "to": 0.25}
    ]
    assert session.config.gamma == 0.25, "new runs start with it"


def test_frames_evaluate_a_schedule_at_the_time_of_their_score(guided):
    window = Schedule(2.0, start=0.6, stop=0.1)
    guided.set_parameters(eta=window)
    guided.reset()
    guided.player.wait(Status.READY)
    play(guided)
    branch = guided.current
    assert branch.frames[0].evaluated_t is None and branch.frames[0].parameters is None
    for step in range(1, 7):
        frame = branch.frames[step]
        assert frame.evaluated_t == branch.times[step - 1]
        assert tuple(frame.parameters) == (1.0, window)
        assert (frame.gamma, frame.eta) == (1.0, window(branch.times[step - 1]))


def test_invalid_value_changes_nothing(make_session):
    session = make_session()
    with pytest.raises(SettingsError, match="γ is nan"):
        session.set_parameters(gamma=float("nan"))
    assert session.config.gamma == 1.0
    with pytest.raises(SettingsError, match="needs physical guidance"):
        session.set_parameters(eta=1e9)
    assert session.config.eta == 0.0
    with pytest.raises(TypeError):
        session.set_parameters(temperature=300.0)


def test_configured_settings_wait_for_the_next_run(make_session):
    session = make_session()
    session.configure(seed=77)
    assert (session.config.seed, session.current.seed) == (77, 5)
    session.set_parameters(gamma=0.5)
    assert (session.config.seed, session.config.gamma) == (77, 0.5)
    with pytest.raises(SettingsError, match="samples is 0"):
        session.configure(samples=0)
    assert session.config.samples == 3
    session.seed_locked = True
    session.restart()
    assert session.player.wait(Status.READY)
    assert session.current.config.seed == 77


def test_set_then_branched(guided):
    guided.set_parameters(gamma=0.3)
    guided.set_parameters(eta=2.5)
    branch = guided.fork(4)
    play(guided)
    assert parameters(guided) == (0.3, 2.5)
    assert branch.run.gammas == [1.0] * 4 + [0.3] * 2
    assert branch.run.etas == [1.0] * 4 + [2.5] * 2
    assert [change["step"] for change in branch.parameter_changes()] == [5, 5]


def test_set_then_reset(guided):
    guided.set_parameters(gamma=0.3, eta=2.5)
    guided.reset()
    play(guided)
    assert parameters(guided) == (0.3, 2.5)
    assert guided.current.run.gammas == [0.3] * 6
    assert guided.current.run.etas == [2.5] * 6


def test_set_then_restarted(guided):
    guided.set_parameters(gamma=0.3, eta=2.5)
    guided.play()
    assert guided.player.wait(Status.FINISHED)
    assert guided.current.run.config.gamma == 0.3
    assert guided.current.run.etas == [2.5] * 6


@pytest.mark.parametrize("command", ["fork", "reset", "select", "restart"])
def test_set_while_the_run_is_created(guided, command):
    guided.restart(keep=True)
    assert guided.player.wait(Status.READY)
    guided.player.step()
    guided.player.wait(Status.PAUSED)
    arguments = {"fork": (1,), "select": ("A",)}.get(command, ())
    getattr(guided, command)(*arguments)
    guided.set_parameters(gamma=0.3)
    assert guided.player.wait(*IDLE)
    if command == "select":
        assert guided.current.name == "A" and guided.current.run.gamma == 0.3
        return
    made = guided.current.run.state.step
    play(guided)
    assert guided.current.run.gammas == [1.0] * made + [0.3] * (6 - made)


def test_branch_at_a_step_with_other_values(guided):
    guided.set_parameters(gamma=0.3)
    guided.reset()
    play(guided)
    guided.set_parameters(gamma=1.0)
    branch = guided.fork(2)
    play(guided)
    assert branch.run.gammas == [0.3] * 2 + [1.0] * 4


def test_branch_keeps_a_schedule(guided):
    window = Schedule(2.0, start=0.6, stop=0.1)
    guided.set_parameters(eta=window)
    branch = guided.fork(1)
    play(guided)
    assert branch.run.parameter_history[-1].eta == window
    assert {0.0, 2.0} == set(branch.run.etas[1:])


def test_selection_restores_the_values_of_the_branch(guided):
    guided.set_parameters(gamma=0.3)
    guided.fork(2, seed=77)
    play(guided)
    guided.set_parameters(eta=2.5)
    guided.select("A")
    assert parameters(guided) == (0.3, 1.0), "what was set before the branch was left"
    assert guided.config.seed == 5
    guided.player.wait(*IDLE)
    guided.select("B")
    assert parameters(guided) == (0.3, 2.5)
    assert guided.config.seed == 77
    assert guided.player.wait(Status.FINISHED)
    assert (guided.current.run.gamma, guided.current.run.eta) == (0.3, 2.5)


def test_selection_restores_the_settings_of_the_branch(make_session):
    session = make_session(samples=2, steps=4)
    session.restart(session.config.__class__(samples=3, steps=6, seed=8), keep=True)
    session.player.wait(*IDLE)
    session.select("A")
    assert (session.config.samples, session.config.steps, session.config.seed) == (2, 4, 5)
    session.remove("A")
    assert (session.config.samples, session.config.steps, session.config.seed) == (3, 6, 8)


def test_seed_of_a_branch(guided):
    guided.fork(3, seed=99)
    assert guided.config.seed == 99
    play(guided)
    assert guided.current.run.seeds == [5] * 3 + [99] * 3
    guided.fork(4)
    assert guided.config.seed == 99, "the noise of its parent"


def test_fallback_restores_the_values_of_the_kept_run(guided):
    guided.set_parameters(gamma=0.3)
    config = guided.config
    guided.restart(config.__class__(samples=3, steps=6, t_start=0.5))  # without a structure
    wait_for(lambda: guided.notice is not None)
    assert guided.player.wait(Status.FINISHED)
    assert parameters(guided) == (0.3, 1.0)
    assert guided.current.run.gamma == 0.3


def test_reopened_run_restores_its_last_values_and_seed(guided, make_session, tmp_path):
    window = Schedule(2.0, start=0.9, stop=0.0)
    guided.set_parameters(eta=window)
    branch = guided.fork(3, seed=99)
    guided.player.wait(Status.PAUSED)
    guided.player.step()
    wait_for(lambda: 4 in branch.frames)
    again = make_session()
    opened = again.open(branch.folder)
    assert parameters(again) == (1.0, window)
    assert again.config.seed == 99
    play(again)
    assert opened.run.parameter_history[-1] == (1.0, window)
    play(guided)
    assert positions(opened, 6) == pytest.approx(positions(branch, 6), abs=1e-4)
    assert len(list(saved_runs(tmp_path / "runs"))) == 2
