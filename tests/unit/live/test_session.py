"""A session: what a person may do with runs, and what is left of it on disk."""

from __future__ import annotations

import gc
import json
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.live import RecordingError, Status, saved_runs
from confdiff_widgets.live.recording import Recording
from confdiff_widgets.physics import EnergyResult
from confdiff_widgets.sampling import SamplerConfig

from ..sessions import RESTING, play, positions
from ..waiting import wait_for


def test_every_step_becomes_a_frame(make_session):
    session = make_session()
    play(session)
    frames = session.current.in_order()
    assert [f.step for f in frames] == list(range(7))
    assert frames[0].atom14 is None and frames[0].gamma is None
    last = frames[-1]
    assert last.t == 0
    assert np.array_equal(last.noisy, last.predicted)
    assert last.tics.shape == (3, 2) and last.rmsf.shape == (10,) and last.valid.shape == (3, 2)
    assert set(last.scores) == {"total", "conditional"}


def test_without_a_reference_there_are_no_tics(make_session, without_reference):
    session = make_session(without_reference)
    play(session)
    assert session.current.last.tics is None
    assert session.current.last.rmsd is None


def test_a_turned_knob_is_flagged_at_its_step(make_session):
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


def test_a_bad_knob_leaves_everything_as_it_was(make_session):
    session = make_session()
    with pytest.raises(SettingsError, match="finite"):
        session.set_parameters(gamma=float("nan"))
    assert session.config.gamma == 1.0
    with pytest.raises(SettingsError, match="physical term"):
        session.set_parameters(eta=1e9)


def test_a_branch_shares_the_past_and_has_its_own_future(make_session):
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


def test_a_branch_with_other_noise_starts_where_its_parent_was(make_session):
    session = make_session()
    play(session)
    first = session.current
    branch = session.fork(2, seed=99)
    session.player.wait(Status.PAUSED)
    play(session)
    assert np.array_equal(positions(branch, 2), positions(first, 2))
    assert not np.array_equal(positions(branch, 3), positions(first, 3))


@pytest.mark.parametrize("step", [-1, 6, 7])
def test_a_branch_needs_a_past_and_a_future(make_session, step):
    session = make_session()
    play(session)
    with pytest.raises(SettingsError, match="branch"):
        session.fork(step)
    assert len(session.branches) == 1


def test_a_run_that_was_replaced_leaves_the_memory_at_once(make_session):
    session = make_session(steps=2)
    play(session)
    first = weakref.ref(session.current.run)
    gc.disable()  # few objects hold much memory: the collector would come late
    try:
        for _ in range(2):
            session.restart()
            assert session.player.wait(Status.READY)
            play(session)
        wait_for(lambda: first() is None)
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("few_cores", "speed", "held"), [(True, None, True), (True, 4.0, False), (False, None, False)]
)
def test_openmm_waits_where_it_would_take_the_samplers_core(
    make_session, monkeypatch, few_cores, speed, held
):
    monkeypatch.setattr("confdiff_widgets.live.playback.has_spare_cores", lambda: not few_cores)
    session = make_session(steps=3)
    told = []
    monkeypatch.setattr(session.energies, "hold", told.append)
    session.player.set_speed(speed)
    session.play()
    assert session.player.wait(Status.FINISHED)
    wait_for(lambda: told[-1] is False)
    assert any(told) is held


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


def test_settings_that_no_run_can_be_made_of_leave_the_last_run(make_session):
    session = make_session()
    play(session)
    session.restart(SamplerConfig(samples=3, steps=6, t_start=0.5))  # and no structure
    assert session.player.wait(Status.FINISHED)
    wait_for(lambda: session.notice is not None)
    assert "structure" in str(session.notice)
    assert session.current.name == "A"
    assert len(session.current.frames) == 7
    assert session.config.t_start == 1


def test_a_batch_beyond_the_memory_is_refused_with_what_would_fit(make_session):
    session = make_session()
    with pytest.raises(SettingsError, match="Use at most"):
        session.restart(SamplerConfig(samples=10**8))
    assert session.config.samples == 3


def test_selecting_another_branch_goes_on_with_it(make_session):
    session = make_session()
    session.player.step()
    session.player.wait(Status.PAUSED)
    session.restart(keep=True)
    session.player.wait(*RESTING)
    session.select("A")
    assert session.player.wait(Status.PAUSED)
    assert session.player.run is session.find("A").run
    play(session)
    assert session.find("B").last is None or session.find("B").last.step == 0


def test_removing_keeps_at_least_one(make_session):
    session = make_session()
    with pytest.raises(SettingsError, match="The only branch"):
        session.remove("A")
    session.restart(keep=True)
    session.remove("B")
    assert session.current.name == "A"
    with pytest.raises(SettingsError, match="no branch 'B'"):
        session.select("B")


def test_a_saved_run_opens_and_goes_on_where_it_stopped(make_session, tmp_path):
    session = make_session()
    whole = make_session(folder=None)
    play(whole)
    for step in (1, 2):
        session.player.step()
        wait_for(lambda step=step: step in session.current.frames)
    (folder,) = saved_runs(tmp_path / "runs")
    again = make_session(folder=None)
    branch = again.open(folder)
    assert again.player.wait(Status.PAUSED), again.player.error
    wait_for(lambda: 2 in branch.frames)
    assert np.allclose(positions(branch, 2), positions(session.current, 2))
    play(again)
    assert np.allclose(positions(branch, 6), positions(whole.current, 6), atol=1e-4)


def test_a_run_of_other_weights_can_be_looked_at_but_not_continued(make_session, tmp_path, system):
    session = make_session()
    play(session)
    (folder,) = saved_runs(tmp_path / "runs")
    for parameter in system.tiny.conditional.parameters():
        parameter.mul_(1.5)
    again = make_session(folder=None)
    branch = again.open(folder)
    assert again.player.wait(Status.FAILED)
    assert isinstance(again.player.error, RecordingError)
    assert "other weights" in str(again.player.error)
    assert len(branch.frames) >= 6


def test_a_run_of_another_protein_is_refused(make_session, tmp_path):
    session = make_session()
    play(session)
    (folder,) = saved_runs(tmp_path / "runs")
    about = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**about, "sequence": "AAAAAAAAAA"}))
    again = make_session()
    with pytest.raises(RecordingError, match="AAAAAAAAAA"):
        again.open(folder)
    assert [branch.name for branch in again.branches] == ["A"]


def test_a_folder_that_cannot_be_written_is_a_notice_and_the_run_goes_on(make_session, tmp_path):
    (tmp_path / "file").write_text("no folder")
    session = make_session(folder=tmp_path / "file")
    play(session)
    assert isinstance(session.notice, RecordingError)
    assert "cannot be saved" in str(session.notice)


def test_a_failing_run_says_why(make_session, system):
    session = make_session()
    system.tiny.conditional.forward = lambda *a, **k: torch.linalg.inv(torch.zeros(2, 2))
    session.play()
    assert session.player.wait(Status.FAILED)
    assert session.player.error is not None
    wait_for(lambda: 0 in session.current.frames)


def test_a_hurried_run_is_measured_as_often_as_somebody_has_time(make_session):
    session = make_session(steps=12)
    measured, times = [], 0

    def ready():
        nonlocal times
        times += 1
        return times in (4, 8)

    session.listen(lambda: measured.append(set(session.current.frames)), ready)
    session.play()
    assert session.player.wait(Status.FINISHED)
    wait_for(lambda: len(session.current.frames) == 13)
    # the start, what it was ready for, and the end come before what was passed over
    first = next(steps for steps in measured if 12 in steps)
    assert len(first) <= 4


def test_all_steps_are_recorded_where_few_are_measured(make_session):
    session = make_session(steps=12)
    session.listen(lambda: None, lambda: False)
    play(session)
    (saved,) = saved_runs(session.folder.parent)
    assert len(Recording(saved).steps) == 12


def test_a_slowed_run_is_measured_at_every_step(make_session):
    session = make_session()
    session.listen(lambda: None, lambda: False)
    session.player.set_speed(20)
    seen = []
    session.listen(lambda: seen.append(session.current.last.step), lambda: False)
    play(session)
    assert set(range(1, 7)) <= set(seen)


@pytest.mark.parametrize("end", ["finish", "stop", "pause"])
def test_openmm_waits_for_a_hurried_run_and_goes_on_after_it(make_session, monkeypatch, end):
    monkeypatch.setattr("confdiff_widgets.live.playback.has_spare_cores", lambda: False)
    session = make_session(steps=200 if end != "finish" else 6)
    held = []
    monkeypatch.setattr(session.energies, "hold", held.append)
    session.play()
    session.player.wait(Status.RUNNING, Status.FINISHED)
    wait_for(lambda: held)
    assert held[0] is True
    if end != "finish":
        getattr(session.player, end)()
    wait_for(lambda: held[-1] is False)
    assert session.player.status is not Status.RUNNING


def test_run_after_stop_begins_anew(make_session):
    session = make_session(steps=200)
    session.player.set_speed(20)  # so that it is not at its end before it is stopped
    session.play()
    wait_for(lambda: session.current.last and session.current.last.step > 2)
    session.player.stop()
    stopped = session.current
    assert session.player.wait(Status.STOPPED)
    kept, folder = stopped.last.step, stopped.folder
    session.play()
    assert session.player.wait(Status.RUNNING)
    assert session.current is not stopped and session.config.seed != 5
    assert 0 < kept < 200 and Recording(folder).steps, "what it made is saved"


def test_a_stopped_run_can_be_reset_and_branched(make_session):
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


def test_a_notice_goes_with_the_next_command(make_session):
    session = make_session()
    play(session)
    session.restart(SamplerConfig(samples=3, steps=6, t_start=0.5))  # and no structure
    wait_for(lambda: session.notice is not None)
    session.player.wait(Status.FINISHED)
    assert session.error_message == str(session.notice)
    play(session)
    assert session.notice is None and session.error_message == ""


def test_the_first_batch_too_is_refused_beyond_the_memory(make_session):
    with pytest.raises(SettingsError, match=r"10000000 conformers .* GB are available\. Use"):
        make_session(samples=10**7)


def test_nothing_is_saved_of_a_run_that_did_nothing(make_session, tmp_path):
    session = make_session()
    session.restart(keep=True)
    session.player.wait(Status.READY)
    assert list(saved_runs(tmp_path / "runs")) == []
    assert session.current.folder is None


def test_choosing_a_branch_keeps_what_was_seen_of_it(make_session):
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


def test_late_energies_go_to_the_frame_that_they_are_of(make_session, monkeypatch):
    """Not to one that took its step, or to another branch that took its letter."""
    session = make_session()
    energies = session.energies
    sent = []

    class Pool:
        pending = 0

        def submit(self, atoms, keys):
            sent.extend(keys)

        def cancel(self):
            pass

        def hold(self, held):
            pass

        def close(self):
            pass

    monkeypatch.setattr(energies, "_pool", Pool())
    play(session)
    energies.enabled = True
    energies.offer(session.current, session.current.last)
    late = EnergyResult(sent[0], -1.0, {}, np.zeros((10, 3)))
    session.reset()
    session.player.wait(Status.READY)
    play(session)
    wait_for(lambda: 6 in session.current.openmm)
    energies._deliver(late)
    assert np.isnan(session.current.openmm[6]).all()
    energies._deliver(replace(late, key=sent[-3]))
    assert session.current.openmm[6][0] == -1


def test_a_branch_that_was_left_before_it_was_made_is_made_later(make_session):
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
