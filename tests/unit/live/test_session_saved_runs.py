"""Reopened runs show what they showed, and continue in their own folder."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.live import Recording, RecordingError, Status, saved_runs
from confdiff_widgets.live.recorder import Recorder
from confdiff_widgets.sampling import Run, SamplerConfig

from ..sessions import IDLE, play, positions
from ..waiting import wait_for


@pytest.fixture
def make_saved(make_session):
    """Return a function that makes sessions with some of six steps, energies and a title."""

    def make(steps=6, **settings):
        session = make_session(guidance="force", **{"eta": 1.0, **settings})
        branch = session.current
        for step in range(1, steps + 1):
            session.player.step()
            wait_for(lambda step=step: step in branch.frames)
        if steps:
            branch.openmm[steps] = np.array([-300.0, -200.0, -100.0])
            for conformer, energy in enumerate(branch.openmm[steps]):
                branch.recorder.add_energy(steps, conformer, energy)
        session.rename("A", "guided")
        return session

    return make


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_reopened_run_shows_the_same(make_saved, make_session):
    before = make_saved().current
    branch = make_session().open(before.folder)
    assert branch.title == "guided"
    assert branch.parameter_changes() == before.parameter_changes()
    for step in range(1, 7):
        now, then = branch.frames[step], before.frames[step]
        assert (now.t, now.gamma, now.eta) == (then.t, then.gamma, then.eta)
        assert np.allclose(now.noisy, then.noisy, atol=1e-4)
        assert np.allclose(now.physical_score, then.physical_score), "shown as arrows"
        assert now.scores == pytest.approx(then.scores)
        assert np.array_equal(now.tics, then.tics)
    assert np.array_equal(branch.openmm[6], before.openmm[6])
    assert sorted(branch.values) == list(range(1, 7))
    for step, values in branch.values.items():
        assert np.allclose(values.energy, before.values[step].energy, rtol=1e-3)
        assert np.allclose(values.rmsd, before.values[step].rmsd, atol=1e-4)


def test_learned_energies_are_restored(make_session):
    session = make_session(guidance="energy", eta=1.0)
    play(session)
    before = session.current
    branch = make_session().open(before.folder)
    for step in range(1, 7):
        assert np.allclose(branch.frames[step].energy, before.frames[step].energy)


@pytest.mark.parametrize("steps", [3, 6])
def test_opening_writes_nothing(make_saved, make_session, tmp_path, steps):
    folder = make_saved(steps).current.folder
    before = files(folder)
    again = make_session()
    branch = again.open(folder)
    assert again.player.wait(Status.PAUSED, Status.FINISHED)
    wait_for(lambda: 0 in branch.frames)  # the start is not recorded but repeated
    assert len(branch.frames) == steps + 1
    assert files(folder) == before
    assert list(saved_runs(tmp_path / "runs")) == [folder]
    assert np.array_equal(branch.openmm[steps], [-300, -200, -100]), "they are not computed again"


def test_reopened_run_continues_in_its_folder(make_saved, make_session, tmp_path):
    session = make_saved(3)
    folder = session.current.folder
    again = make_session()
    branch = again.open(folder)
    play(again)
    assert branch.folder == folder
    assert list(saved_runs(tmp_path / "runs")) == [folder]
    recording = Recording(folder)
    assert len(recording.steps) == 6 and recording.title == "guided"
    assert np.array_equal(recording.openmm[3], [-300, -200, -100])
    play(session)
    assert np.allclose(positions(branch, 6), positions(session.current, 6), atol=1e-4)
    assert "Another Explorer" in str(session.notice), "only one session saves there"


def test_reset_does_not_change_the_saved_run(make_saved, make_session, tmp_path):
    folder = make_saved().current.folder
    before = files(folder)
    again = make_session()
    again.open(folder)
    assert again.player.wait(Status.FINISHED)
    again.set_parameters(eta=0.0)
    again.reset()
    play(again)
    assert files(folder) == before
    assert again.current.folder != folder
    assert len(list(saved_runs(tmp_path / "runs"))) == 2


def test_branch_of_a_reopened_run_is_saved_in_a_new_folder(make_saved, make_session):
    folder = make_saved().current.folder
    before = files(folder)
    again = make_session()
    again.open(folder)
    assert again.player.wait(Status.FINISHED)
    branch = again.fork(4)
    again.player.wait(Status.PAUSED)
    assert branch.folder is None
    play(again)
    assert files(folder) == before
    saved = Recording(branch.folder)
    assert len(saved.steps) == 6
    assert all(step.physical is not None for step in saved.steps)


def test_branch_keeps_the_energies_of_its_past(make_saved):
    session = make_saved(4)
    branch = session.fork(4)
    play(session)
    assert np.array_equal(Recording(branch.folder).openmm[4], [-300, -200, -100])


def test_title_is_saved_at_once(make_saved, make_session):
    folder = make_saved().current.folder
    again = make_session()
    branch = again.open(folder)
    assert again.player.wait(Status.FINISHED)
    again.rename(branch.name, "cold")
    assert Recording(folder).title == "cold"
    again.rename(branch.name, "")
    assert branch.title == branch.name and Recording(folder).title == ""


def test_open_run_is_selected_and_not_opened_twice(make_saved):
    session = make_saved()
    first = session.current
    session.restart(keep=True)
    session.player.wait(*IDLE)
    assert session.open(first.folder) is first is session.current
    assert len(session.branches) == 2


def test_session_that_saves_nothing_does_not_change_a_reopened_run(make_saved, make_session):
    folder = make_saved(3).current.folder
    before = files(folder)
    again = make_session(folder=None)
    branch = again.open(folder)
    play(again)
    again.rename(branch.name, "cold")
    assert files(folder) == before


def test_incomplete_energies_of_a_result_are_discarded(make_saved, make_session):
    folder = make_saved().current.folder
    lines = (folder / "openmm.jsonl").read_text().splitlines()
    (folder / "openmm.jsonl").write_text("\n".join(lines[:2]) + "\n")
    branch = make_session().open(folder)
    assert 6 not in branch.openmm


def test_networks_are_recorded(make_session, system, tmp_path):
    session = make_session(replace(system, model="ConfDiff-ESM-r3", representation="esm2"))
    play(session)
    saved = Recording(session.current.folder)
    assert saved.networks == {"model": "ConfDiff-ESM-r3", "representation": "esm2"}


def test_damage_is_reported_and_intact_steps_are_shown(make_saved, make_session):
    folder = make_saved().current.folder
    lines = (folder / "steps.jsonl").read_text().splitlines()
    lines[3] = "[1]"
    (folder / "steps.jsonl").write_text("\n".join(lines) + "\n")
    again = make_session()
    branch = again.open(folder)
    assert again.player.wait(Status.PAUSED), again.player.error
    assert "Step 4" in str(again.notice)
    assert len(branch.frames) >= 3
    play(again)
    assert len(Recording(folder).steps) == 6, "continued from the last intact step"


def test_unreadable_run_changes_nothing(make_saved, make_session):
    folder = make_saved().current.folder
    (folder / "run.json").write_text(json.dumps([1]))
    again = make_session(seed=8)
    play(again)
    shown = again.current
    with pytest.raises(RecordingError, match="damaged"):
        again.open(folder)
    assert again.current is shown and len(again.branches) == 1
    assert again.config.seed == 8 and again.player.status is Status.FINISHED


def test_run_that_cannot_be_measured_changes_nothing(make_saved, make_session, monkeypatch):
    folder = make_saved().current.folder
    again = make_session(seed=8)
    shown = again.current
    monkeypatch.setattr(
        "confdiff_widgets.live.branches.frame_of_recorded_step",
        lambda *_: (_ for _ in ()).throw(ValueError("SVD")),
    )
    with pytest.raises(ValueError, match="SVD"):
        again.open(folder)
    assert again.current is shown and len(again.branches) == 1 and again.config.seed == 8


def test_size_of_a_recording(make_saved):
    """The physical score adds a tenth, and only to steps that have one."""
    guided = make_saved().current.folder
    plain = make_saved(eta=0.0).current.folder
    per_step = 3 * 10 * 4
    assert (guided / "frames.f32").stat().st_size == 6 * per_step * 28
    assert (guided / "push.f32").stat().st_size == 6 * per_step * 3
    assert (plain / "push.f32").stat().st_size == 0


def test_saved_run_opens_and_continues(make_session, tmp_path):
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


@pytest.mark.parametrize(
    ("factor", "stated", "words"),
    [
        (1.5, True, "was made with other weights"),
        (1 + 1e-6, True, "was made with other weights"),  # its steps could be repeated
        (1.5, False, "cannot be repeated: it was made with other weights"),
    ],
)
def test_run_of_other_weights_can_be_viewed_but_not_continued(
    make_session, tmp_path, system, factor, stated, words
):
    """Version 0.1 does not state the weights: then the steps decide."""
    session = make_session()
    play(session)
    (folder,) = saved_runs(tmp_path / "runs")
    header = json.loads((folder / "run.json").read_text())
    if not stated:
        del header["weights"]
        (folder / "run.json").write_text(json.dumps(header))
    for parameter in system.tiny.conditional.network.parameters():
        parameter.mul_(factor)
    again = make_session(folder=None)
    branch = again.open(folder)
    assert again.player.wait(Status.FAILED)
    assert isinstance(again.player.error, RecordingError)
    assert words in str(again.player.error)
    assert not stated or header["weights"] in str(again.player.error)
    assert len(branch.frames) >= 6
    with pytest.raises(SettingsError, match="cannot be branched"):
        again.fork(2)


def test_run_of_another_protein_is_rejected(make_session, tmp_path):
    session = make_session()
    play(session)
    (folder,) = saved_runs(tmp_path / "runs")
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**header, "sequence": "AAAAAAAAAA"}))
    again = make_session()
    with pytest.raises(RecordingError, match="AAAAAAAAAA"):
        again.open(folder)
    assert [branch.name for branch in again.branches] == ["A"]


WIDE = {"gamma": -11.5, "eta": 7.0, "seed": -3}
"""Settings that version 0.1 accepted, and this version does not for new runs."""


@pytest.fixture
def wide(system, tmp_path):
    """Folder of a run with these settings."""
    config = SamplerConfig.from_dict({"samples": 3, "steps": 6, "guidance": "force"} | WIDE)
    run = Run(system.tiny, system.sequence, config, physical=system.load_physical("force", "cpu"))
    recorder = Recorder(tmp_path / "wide", run, {"protein": "chignolin"})
    for _ in range(3):
        recorder.add(run.step())
    recorder.close()
    return tmp_path / "wide"


def test_a_run_with_settings_out_of_the_present_ranges_opens_and_continues(make_session, wide):
    session = make_session()
    branch = session.open(wide)
    assert session.player.wait(*IDLE) and not session.error_message
    assert {name: getattr(session.config, name) for name in WIDE} == WIDE
    assert [branch.frames[k].eta for k in (1, 2, 3)] == [7.0] * 3
    play(session)
    again = Recording(wide)
    assert len(again.steps) == 6 and again.config.to_dict() == session.config.to_dict()


def test_the_present_ranges_apply_to_what_is_made_from_such_a_run(make_session, wide):
    session = make_session()
    session.open(wide)
    assert session.player.wait(*IDLE)
    for make in (lambda: session.fork(2, seed=5), session.restart):
        with pytest.raises(SettingsError, match=r"γ is -11\.5\. Give a number from -10 to 10"):
            make()
    session.set_parameters(gamma=0.5)
    with pytest.raises(SettingsError, match=r"η is 7\.0\. Give a number from"):
        session.fork(2, seed=5)
    session.set_parameters(eta=1.0)
    with pytest.raises(SettingsError, match=r"seed is -3\. Give a whole number"):
        session.fork(2)
    branch = session.fork(2, seed=5)
    assert session.player.wait(*IDLE) and not session.error_message
    assert branch.fork == 2
    with pytest.raises(SettingsError, match=r"η is 6\.0\. Give a number from"):
        session.set_parameters(eta=6.0)
