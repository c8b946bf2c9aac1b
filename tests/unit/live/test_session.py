"""Commands of a session: play, reset, restart, stop."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.live import Recording, Status, saved_runs
from confdiff_widgets.sampling import SamplerConfig

from ..sessions import play, positions
from ..waiting import wait_for


def test_replaced_run_is_freed_at_once(make_session):
    session = make_session(steps=2)
    assert session.player.wait(Status.READY)
    first = weakref.ref(session.current.run)
    gc.disable()  # the collector would run too late: few objects hold much memory
    try:
        for _ in range(2):
            session.restart()
            assert session.player.wait(Status.READY)
        wait_for(lambda: first() is None)
    finally:
        gc.enable()


def test_reset_repeats_the_run_with_the_same_noise(make_session):
    session = make_session()
    play(session)
    before = positions(session.current, 6).copy()
    session.reset()
    assert session.player.wait(Status.READY)
    wait_for(lambda: list(session.current.frames) == [0])
    play(session)
    assert np.array_equal(positions(session.current, 6), before)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


AFTER_THE_END = {
    "step after a reset": lambda session: (session.reset(), session.player.step()),
    "run": lambda session: session.play(),
    "other guidance, then run": lambda session: (
        session.set_parameters(gamma=0.2),
        session.play(),
    ),
    "restart": lambda session: (session.restart(), session.player.step()),
    "other settings": lambda session: (
        session.restart(SamplerConfig(samples=2, steps=3)),
        session.player.step(),
    ),
}


@pytest.mark.parametrize("act", AFTER_THE_END.values(), ids=AFTER_THE_END.keys())
@pytest.mark.parametrize("forked", [False, True])
def test_a_finished_run_is_never_overwritten(make_session, act, forked):
    session = make_session()
    play(session)
    if forked:
        session.fork(3)
        play(session)
    done = session.current
    saved, shown = contents(done.folder), positions(done, 6).copy()
    act(session)
    new = session.current
    assert new is not done
    wait_for(lambda: new.folder is not None and len(new.frames) > 1)
    assert contents(done.folder) == saved
    assert new.folder != done.folder
    assert done in session.branches, "the timeline offers it"
    session.select(done.name)
    assert session.player.wait(Status.FINISHED)
    assert np.array_equal(positions(done, 6), shown)


def test_a_reset_of_a_finished_branch_starts_at_its_fork(make_session):
    session = make_session()
    play(session)
    branch = session.fork(3, seed=8)
    play(session)
    session.reset()
    assert session.current.parent == branch.name and session.current.fork == 3
    play(session)
    assert np.array_equal(positions(session.current, 6), positions(branch, 6))


def test_the_oldest_finished_run_leaves_a_full_timeline_but_not_the_disk(make_session, monkeypatch):
    monkeypatch.setattr("confdiff_widgets.live.branches.MAX_BRANCHES", 3)
    session = make_session(steps=2)
    for _ in range(4):
        play(session)
        session.restart()
        assert session.player.wait(Status.READY)
    assert [branch.name for branch in session.branches][-1] == session.current.name
    assert len(session.branches) == 3
    assert len(list(saved_runs(session.folder.parent))) == 4
    assert all(branch.finished for branch in session.branches[:-1])


def test_unsaved_runs_do_not_leave_a_full_timeline(make_session, monkeypatch):
    monkeypatch.setattr("confdiff_widgets.live.branches.MAX_BRANCHES", 2)
    session = make_session(steps=2, folder=None)
    play(session)
    session.restart()
    assert session.player.wait(Status.READY)
    play(session)
    with pytest.raises(SettingsError, match="Remove one first"):
        session.restart()
    assert len(session.branches) == 2


def test_restart_draws_a_seed_unless_it_is_locked(make_session):
    session = make_session()
    session.restart()
    assert session.config.seed != 5
    seed = session.config.seed
    session.seed_locked = True
    session.restart()
    assert session.config.seed == seed
    wait_for(lambda: len(session.branches) == 1)
    session.restart(keep=True)
    assert len(session.branches) == 2


def test_impossible_settings_keep_the_last_run(make_session):
    session = make_session()
    play(session)
    session.restart(SamplerConfig(samples=3, steps=6, t_start=0.5))  # without a structure
    assert session.player.wait(Status.FINISHED)
    wait_for(lambda: session.notice is not None)
    assert "structure" in str(session.notice)
    assert session.current.name == "A"
    assert len(session.current.frames) == 7
    assert session.config.t_start == 1


def test_play_after_stop_restarts(make_session):
    session = make_session(steps=200)
    session.player.set_speed(20)  # so that it is stopped before its end
    session.play()
    wait_for(lambda: session.current.last and session.current.last.step > 2)
    session.player.stop()
    stopped = session.current
    assert session.player.wait(Status.STOPPED)
    kept, folder = stopped.last.step, stopped.folder
    session.play()
    assert session.player.wait(Status.RUNNING)
    assert session.current is not stopped and session.config.seed != 5
    assert 0 < kept < 200 and Recording(folder).steps, "its steps are saved"


def test_stopped_run_can_be_reset_and_branched(make_session):
    session = make_session()
    session.player.step()
    wait_for(lambda: 1 in session.current.frames)
    session.player.stop()
    session.fork(1)
    play(session)
    session.select("A")
    assert session.player.wait(Status.PAUSED)
    session.player.stop()
    session.reset()
    play(session)
    rewound = session.current
    assert (rewound.parent, rewound.fork) == ("A", 0)
    assert session.branches.find("A").last.step == 1, "the steps that it had are kept"


@pytest.mark.parametrize("act", ["restart", "reset"])
def test_an_unfinished_run_stays_on_the_timeline(make_session, act):
    session = make_session()
    session.player.step()
    wait_for(lambda: 1 in session.current.frames)
    first = session.current
    getattr(session, act)()
    assert session.player.wait(Status.READY)
    assert [branch.name for branch in session.branches] == ["A", "B"]
    session.select("A")
    play(session)
    assert session.current is first and len(first.frames) == 7
    assert len(Recording(first.folder).steps) == 6


def test_run_without_steps_is_not_saved(make_session, tmp_path):
    session = make_session()
    session.restart(keep=True)
    session.player.wait(Status.READY)
    assert list(saved_runs(tmp_path / "runs")) == []
    assert session.current.folder is None
