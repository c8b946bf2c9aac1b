"""States that are still queued when their run is discarded: they are written all the same."""

from __future__ import annotations

import pytest

from confdiff_widgets.live import Recording, Status

from ..sessions import play
from ..waiting import wait_for


@pytest.fixture
def play_unobserved(monkeypatch):
    """Return a generator that plays a run to its end and keeps the observer waiting meanwhile."""

    def play_unobserved(session):
        observer = session._playback._observer
        # The update of the new run must be over, or it would take the first queued states.
        wait_for(lambda: 0 in session.current.frames and not observer._requested)
        with monkeypatch.context() as patch:
            patch.setattr(observer, "update", lambda *_, **__: None)
            patch.setattr(observer, "_next_skipped", lambda _: None)
            session.play()
            assert session.player.wait(Status.FINISHED)
            wait_for(lambda: observer._queue and observer._queue[-1][1].t == 0)
            yield

    return play_unobserved


@pytest.mark.parametrize("command", ["remove", "restart"])
def test_discarded_run_is_saved(make_session, play_unobserved, command):
    session = make_session()
    session.restart(keep=True)
    session.player.wait(Status.READY)
    branch = session.current
    folder = branch.recorder.folder
    for _ in play_unobserved(session):
        assert not folder.exists()
        if command == "remove":
            session.remove(branch.name)
        else:
            session.restart()
    assert session.player.wait(Status.READY)
    play(session)
    wait_for(lambda: (folder / "run.json").exists() and len(Recording(folder).steps) == 6)
    assert (branch in session.branches) == (command == "restart"), "a finished run stays"
    assert session.notice is None


def test_queued_states_of_a_finished_run_go_to_its_folder_after_a_reset(
    make_session, play_unobserved
):
    before = make_session()
    for step in (1, 2):
        before.player.step()
        wait_for(lambda step=step: step in before.current.frames)
    folder = before.current.folder
    session = make_session()
    branch = session.open(folder)
    session.player.wait(Status.PAUSED)
    wait_for(lambda: 0 in branch.frames)
    for _ in play_unobserved(session):
        session.reset()
        assert session.player.wait(Status.READY)
    play(session)
    wait_for(lambda: len(Recording(folder).steps) == 6)
    assert branch.folder == folder != session.current.folder
    for saved in (branch.folder, session.current.folder):
        assert [step.step for step in Recording(saved).steps] == list(range(1, 7))
    assert session.notice is None
