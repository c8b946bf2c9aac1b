"""Playing a run: frames, records, OpenMM energies and errors."""

from __future__ import annotations

import resource

import numpy as np
import pytest
import torch

from confdiff_widgets.files.writing import OutputError
from confdiff_widgets.live import Recording, Status, saved_runs
from confdiff_widgets.sampling import SamplerConfig

from ..sessions import play
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


def test_no_tics_without_a_reference(make_session, without_reference):
    session = make_session(without_reference)
    play(session)
    assert session.current.last.tics is None
    assert session.current.last.rmsd is None


@pytest.mark.parametrize(
    ("few_cores", "speed", "scarce"), [(True, None, True), (True, 4.0, False), (False, None, False)]
)
def test_openmm_knows_when_the_sampler_needs_the_cores(
    make_session, monkeypatch, few_cores, speed, scarce
):
    monkeypatch.setattr("confdiff_widgets.live.playback.has_spare_cores", lambda: not few_cores)
    session = make_session(steps=3)
    seen = []
    session.player.watch(lambda player: seen.append(session.energies.scarce))
    session.player.set_speed(speed)
    session.play()
    assert session.player.wait(Status.FINISHED)
    wait_for(lambda: session.energies.scarce is False)
    assert any(seen) is scarce


def test_unwritable_folder_is_reported_and_the_run_continues(make_session, tmp_path):
    (tmp_path / "file").write_text("no folder")
    session = make_session(folder=tmp_path / "file")
    play(session)
    assert isinstance(session.notice, OutputError)
    assert "is a file, not a folder" in str(session.notice)


def test_a_disk_that_fills_is_reported_once_and_no_step_is_lost(make_session):
    session = make_session(steps=20)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    reported = []
    report = session._report
    session._playback._observer._on_error = lambda error: (reported.append(error), report(error))
    try:
        for step in range(1, 11):
            session.player.step()
            wait_for(lambda step=step: step in session.current.frames)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(reported) == 1 and "File too large" in str(session.notice)
    play(session)
    assert len(Recording(session.current.folder).steps) == 20


def test_failed_run_has_an_error(make_session, system):
    session = make_session()
    system.tiny.conditional.network.forward = lambda *a, **k: torch.linalg.inv(torch.zeros(2, 2))
    session.play()
    assert session.player.wait(Status.FAILED)
    assert session.player.error is not None
    wait_for(lambda: 0 in session.current.frames)


def test_run_at_full_speed_is_measured_when_a_listener_is_ready(make_session):
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
    # the start, the steps that a listener was ready for, and the end precede skipped steps
    first = next(steps for steps in measured if 12 in steps)
    assert len(first) <= 4


def test_all_steps_are_recorded_even_if_few_are_measured(make_session):
    session = make_session(steps=12)
    session.listen(lambda: None, lambda: False)
    play(session)
    (saved,) = saved_runs(session.folder.parent)
    assert len(Recording(saved).steps) == 12


def test_slowed_run_is_measured_at_every_step(make_session):
    session = make_session()
    session.listen(lambda: None, lambda: False)
    session.player.set_speed(20)
    measured = []
    session.listen(lambda: measured.append(session.current.last.step), lambda: False)
    play(session)
    assert set(range(1, 7)) <= set(measured)


@pytest.mark.parametrize("end", ["finish", "stop", "pause"])
def test_openmm_gets_the_cores_after_a_run_at_full_speed(make_session, monkeypatch, end):
    monkeypatch.setattr("confdiff_widgets.live.playback.has_spare_cores", lambda: False)
    session = make_session(steps=200 if end != "finish" else 6)
    seen = []
    session.player.watch(lambda player: seen.append(session.energies.scarce))
    session.play()
    session.player.wait(Status.RUNNING, Status.FINISHED)
    wait_for(lambda: any(seen))
    if end != "finish":
        getattr(session.player, end)()
    wait_for(lambda: session.energies.scarce is False)
    assert session.player.status is not Status.RUNNING


def test_every_step_of_a_run_at_full_speed_has_values(make_session):
    """The display draws only a few frames of it."""
    session = make_session(steps=40)
    session.play()
    assert session.player.wait(Status.FINISHED)
    wait_for(lambda: len(session.current.values) == 40)
    for step in range(1, 41):
        values = session.current.values[step]
        assert values.energy.shape == values.rmsd.shape == values.contacts.shape == (3,)


def test_next_command_clears_the_notice(make_session):
    session = make_session()
    play(session)
    session.restart(SamplerConfig(samples=3, steps=6, t_start=0.5))  # without a structure
    wait_for(lambda: session.notice is not None)
    session.player.wait(Status.FINISHED)
    assert session.error_message == str(session.notice)
    play(session)
    assert session.notice is None and session.error_message == ""
