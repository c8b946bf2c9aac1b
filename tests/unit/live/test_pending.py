"""Steps that wait for the observer when their run goes away: they are written all the same."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from confdiff_widgets.live import Recording, Status
from confdiff_widgets.live.energies import Energies
from confdiff_widgets.live.recorder import Recorder
from confdiff_widgets.sampling import Run, SamplerConfig

from ..sessions import play
from ..waiting import wait_for


@pytest.fixture
def burst(monkeypatch):
    """Plays a run to its end, unseen."""

    def play_unseen(session):
        observer = session._playback._observer
        with monkeypatch.context() as patch:
            patch.setattr(observer, "update", lambda *_, **__: None)
            patch.setattr(observer, "_next_skipped", lambda _: None)
            session.play()
            assert session.player.wait(Status.FINISHED)
            wait_for(lambda: observer._queue and observer._queue[-1][1].t == 0)
            yield

    return play_unseen


@pytest.mark.parametrize("way", ["removed", "replaced"])
def test_a_run_that_goes_away_after_a_burst_is_on_the_disk(make_session, burst, way):
    session = make_session()
    session.restart(keep=True)
    session.player.wait(Status.READY)
    branch = session.current
    folder = branch.recorder.folder
    for _ in burst(session):
        assert not folder.exists()
        if way == "removed":
            session.remove(branch.name)
        else:
            session.restart()
    wait_for(lambda: folder.exists() and len(Recording(folder).steps) == 6)
    assert session.player.wait(Status.READY)
    assert branch not in session.branches and branch.recorder is None
    assert session.notice is None
    play(session)


def test_what_is_left_of_a_reopened_run_goes_to_its_own_folder(make_session, burst):
    before = make_session()
    for step in (1, 2):
        before.player.step()
        wait_for(lambda step=step: step in before.current.frames)
    folder = before.current.folder
    session = make_session()
    branch = session.open(folder)
    session.player.wait(Status.PAUSED)
    wait_for(lambda: 0 in branch.frames)
    for _ in burst(session):
        replaced = branch.recorder
        session.reset()
        assert session.player.wait(Status.READY)
    wait_for(lambda: len(Recording(folder).steps) == 6)
    wait_for(lambda: all(file.closed for file in replaced._files))
    play(session)
    assert branch.folder != folder
    assert [step.step for step in Recording(branch.folder).steps] == list(range(1, 7))
    assert session.notice is None


def test_a_recorder_takes_no_step_that_follows_none_of_its_own(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, "YYDPETGTWY", SamplerConfig(samples=1, steps=4))
    recorder = Recorder(tmp_path / "run", run, {})
    for _ in range(3):
        run.step()
    recorder.add(run.state)
    assert not recorder.on_disk


def test_a_closed_recorder_is_silent(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, "YYDPETGTWY", SamplerConfig(samples=1, steps=4))
    recorder = Recorder(tmp_path / "run", run, {})
    recorder.add(run.step())
    recorder.close()
    recorder.add(run.step())
    recorder.add_energy(1, 0, -3.0)
    saved = Recording(tmp_path / "run")
    assert len(saved.steps) == 1 and saved.openmm == {}


def test_an_energy_may_come_while_its_recorder_is_taken_away():
    """Its branch has one at the first look, and none at the second."""
    written, told = [], []
    looks = iter([SimpleNamespace(add_energy=lambda *energy: written.append(energy)), None])

    class Vanishing(SimpleNamespace):
        recorder = property(lambda _: next(looks))

    branch = Vanishing(openmm={1: np.full(1, np.nan)})
    energies = Energies("YYDPETGTWY", lambda: told.append(1))
    energies._in_progress[1] = branch, 1, branch.openmm[1]
    energies._deliver(SimpleNamespace(key=(1, 0), energy=-2.0))
    energies.close()
    assert written == [(1, 0, -2.0)] and told
