"""Recordings: what is on disk is the run, whatever happened at the end."""

from __future__ import annotations

import json

import pytest
import torch

from confdiff_widgets.live import Recording, RecordingError
from confdiff_widgets.live.recorder import Recorder
from confdiff_widgets.sampling import Run, SamplerConfig


@pytest.fixture
def recorded(tiny_mix, tmp_path):
    run = Run(tiny_mix, "YYDPETGTWY", SamplerConfig(samples=3, steps=5, seed=4))
    recorder = Recorder(tmp_path / "run", run, {"protein": "chignolin"})
    for state in run:
        recorder.add(state)
        run.gamma = 0.5
    recorder.close()
    return run, tmp_path / "run"


def test_round_trip(recorded):
    run, folder = recorded
    recording = Recording(folder)
    assert recording.config == run.config
    assert recording.about["protein"] == "chignolin"
    assert [step.gamma for step in recording.steps] == [1.0, 0.5, 0.5, 0.5, 0.5]
    for step, state in zip(recording.steps, run.states[1:], strict=True):
        assert step.t == state.t
        assert torch.equal(step.rigid.trans, state.rigid.trans)
        assert torch.equal(step.prediction.quat, state.prediction.quat)


def test_settings_and_gammas_reproduce_the_run(recorded, tiny_mix):
    run, folder = recorded
    recording = Recording(folder)
    again = Run(tiny_mix, recording.sequence, recording.config)
    for step in recording.steps:
        again.gamma = step.gamma
        again.step()
    assert torch.equal(again.state.rigid.trans, run.state.rigid.trans)


@pytest.mark.parametrize("lost", [1, 100, 5000])
def test_a_crash_costs_the_incomplete_steps_only(recorded, lost):
    run, folder = recorded
    frames = folder / "frames.f32"
    frames.write_bytes(frames.read_bytes()[:-lost])
    recording = Recording(folder)
    assert 0 < len(recording.steps) < 5
    last = recording.steps[-1]
    assert torch.equal(last.rigid.trans, run.states[last.step].rigid.trans)


def test_a_torn_line_is_left_out(recorded):
    _, folder = recorded
    lines = folder / "steps.jsonl"
    lines.write_text(lines.read_text()[:-8])
    assert len(Recording(folder).steps) == 4


def test_another_version_is_refused(recorded):
    _, folder = recorded
    about = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**about, "format": "confdiff-run-9"}))
    with pytest.raises(RecordingError, match="another version"):
        Recording(folder)


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(RecordingError, match="no readable run"):
        Recording(tmp_path)


def test_a_place_that_cannot_be_written(tiny_mix, tmp_path):
    (tmp_path / "file").write_text("")
    run = Run(tiny_mix, "YYDPETGTWY", SamplerConfig(samples=1, steps=1))
    with pytest.raises(RecordingError, match="Choose another folder"):
        Recorder(tmp_path / "file" / "run", run, {"protein": "chignolin"}).add(run.step())


def test_an_earlier_recording_is_not_overwritten(recorded, tiny_mix):
    run, folder = recorded
    recorder = Recorder(folder, run, {"protein": "chignolin"})
    run.rewind(4)
    with pytest.raises(RecordingError, match="cannot be saved"):
        recorder.add(run.step())
