"""Commands of a session: play, reset, restart, stop."""

from __future__ import annotations

import gc
import weakref

import numpy as np

from confdiff_widgets.live import Recording, Status, saved_runs
from confdiff_widgets.sampling import SamplerConfig

from ..sessions import play, positions
from ..waiting import wait_for


def test_replaced_run_is_freed_at_once(make_session):
    session = make_session(steps=2)
    play(session)
    first = weakref.ref(session.current.run)
    gc.disable()  # the collector would run too late: few objects hold much memory
    try:
        for _ in range(2):
            session.restart()
            assert session.player.wait(Status.READY)
            play(session)
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
    assert session.current.name == "A"


def test_run_without_steps_is_not_saved(make_session, tmp_path):
    session = make_session()
    session.restart(keep=True)
    session.player.wait(Status.READY)
    assert list(saved_runs(tmp_path / "runs")) == []
    assert session.current.folder is None
