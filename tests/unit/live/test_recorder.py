"""Saving runs: what is written, when, and by whom."""

from __future__ import annotations

import json
import resource

import numpy as np
import pytest
import torch

from confdiff_widgets.files.writing import OutputError
from confdiff_widgets.live import Recording, RecordingError
from confdiff_widgets.live.recorder import Recorder
from confdiff_widgets.sampling import Run, SamplerConfig

from .recorded_runs import resume

SEQUENCE = "YYDPETGTWY"


def shorten(folder, steps):
    """Cut a recording off after so many steps."""
    lines = (folder / "steps.jsonl").read_text().splitlines(keepends=True)
    (folder / "steps.jsonl").write_text("".join(lines[:steps]))


def test_unwritable_folder_is_rejected(tiny_cfg, tmp_path):
    (tmp_path / "file").write_text("")
    run = Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=1, steps=1))
    with pytest.raises(OutputError, match="Choose another folder"):
        Recorder(tmp_path / "file" / "run", run, {"protein": "chignolin"}).add(run.step())


def test_existing_recording_is_not_overwritten(recorded, tiny_cfg):
    run, folder = recorded
    recorder = Recorder(folder, run, {"protein": "chignolin"})
    run.rewind(4)
    with pytest.raises(OutputError, match="of this name"):
        recorder.add(run.step())


def test_nothing_is_written_before_the_first_step(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=1, steps=2))
    recorder = Recorder(tmp_path / "run", run, {"protein": "chignolin"})
    recorder.set_title("not yet")
    recorder.add_energy(1, 0, -3.0)
    assert not (tmp_path / "run").exists() and not recorder.on_disk
    recorder.add(run.step())
    assert Recording(tmp_path / "run").title == "not yet"


def test_known_state_is_not_written_again(recorded, tmp_path):
    run, _ = recorded
    recorder = Recorder(tmp_path / "again", run, {})
    recorder.add(run.state)
    assert not recorder.on_disk
    run.rewind(3)
    recorder.add(run.state)
    assert not recorder.on_disk
    recorder.add(run.step())
    assert len(Recording(tmp_path / "again").steps) == 4


def test_state_that_does_not_follow_is_ignored(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=1, steps=4))
    recorder = Recorder(tmp_path / "run", run, {})
    for _ in range(3):
        run.step()
    recorder.add(run.state)
    assert not recorder.on_disk


def test_closed_recorder_writes_nothing(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=1, steps=4))
    recorder = Recorder(tmp_path / "run", run, {})
    recorder.add(run.step())
    recorder.close()
    recorder.add(run.step())
    recorder.add_energy(1, 0, -3.0)
    saved = Recording(tmp_path / "run")
    assert len(saved.steps) == 1 and saved.openmm == {}


def test_energies_of_removed_steps_are_removed(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=3, steps=5, seed=4))
    recorder = Recorder(tmp_path / "run", run, {})
    for state in run:
        recorder.add(state)
        recorder.add_energy(state.step, 1, -10.0 * state.step)
    run.rewind(2)
    recorder.add(run.step())
    recorder.add_energy(3, 0, -5.0)
    found = Recording(tmp_path / "run").openmm
    assert np.array_equal(found[2], [np.nan, -20, np.nan], equal_nan=True)
    assert np.array_equal(found[3], [-5, np.nan, np.nan], equal_nan=True)
    assert set(found) == {1, 2, 3}


# --- resuming a recording -----------------------------------------------------------------------


def test_resumed_recorder_appends(recorded, tiny_cfg):
    run, folder = recorded
    shorten(folder, 3)
    before = (folder / "frames.f32").read_bytes()
    again, recorder = resume(folder, tiny_cfg)
    recorder.add(again.state)
    assert (folder / "frames.f32").read_bytes() == before, "opening changes nothing"
    for state in again:
        recorder.add(state)
    recorder.close()
    recording = Recording(folder)
    assert len(recording.steps) == 5
    assert torch.equal(recording.steps[-1].rigid.trans, run.state.rigid.trans)
    assert recording.sizes == recording.ends[-1], "the incomplete step is removed"


def test_only_one_recorder_resumes_a_recording(recorded, tiny_cfg):
    _, folder = recorded
    shorten(folder, 3)
    (first, writes), (second, too_late) = (resume(folder, tiny_cfg) for _ in range(2))
    writes.add(first.step())
    with pytest.raises(RecordingError, match="Another Explorer is saving"):
        too_late.add(second.step())
    writes.add(first.step())
    assert len(Recording(folder).steps) == 5


def test_first_recorder_is_informed_when_another_resumes(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=3, steps=5, seed=4))
    recorder = Recorder(tmp_path / "run", run, {})
    recorder.add(run.step())
    again, writes = resume(tmp_path / "run", tiny_cfg)
    writes.add(again.step())
    with pytest.raises(RecordingError, match="Another Explorer is saving"):
        recorder.add(run.step())


def test_recording_of_version_1_is_resumed_as_version_2(recorded, tiny_cfg):
    """Version 1 has no physical scores, energies, networks or schedules."""
    run, folder = recorded
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**header, "format": "confdiff-run-1"}))
    lines = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
    lines = [{k: v for k, v in line.items() if k not in ("knobs", "push")} for line in lines]
    (folder / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:4]))
    (folder / "push.f32").unlink()
    recording = Recording(folder)
    assert recording.networks is None
    assert [step.parameters.gamma for step in recording.steps] == [1.0, 0.5, 0.5, 0.5]
    again, recorder = resume(folder, tiny_cfg)
    again.gamma = 0.5
    recorder.add(again.step())
    recording = Recording(folder)
    assert recording.metadata["format"] == "confdiff-run-2"
    assert torch.equal(recording.steps[-1].rigid.trans, run.state.rigid.trans)


# --- failures while writing ---------------------------------------------------------------------


def limit_files(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@pytest.mark.parametrize("size", [10, 700, 4_000, 8_000, 12_000])
def test_a_disk_that_fills_costs_no_step_once_there_is_space_again(tiny_cfg, tmp_path, size):
    """The limit is hit in the header, in the first step or in a later one."""
    run = Run(tiny_cfg, SEQUENCE, SamplerConfig(samples=3, steps=6, seed=4))
    recorder = Recorder(tmp_path / "run", run, {})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    failed = 0
    for state in run:
        limit_files(size if state.step < 6 else before)
        try:
            recorder.add(state)
        except OutputError as error:
            failed += 1
            assert "File too large" in str(error) and "tries to save all steps" in str(error)
        finally:
            limit_files(before)
        if (tmp_path / "run" / "run.json").exists() and recorder.on_disk:
            assert Recording(tmp_path / "run").damage == ""
    recorder.close()
    assert failed
    saved = Recording(tmp_path / "run")
    assert len(saved.steps) == 6 and saved.damage == ""
    assert torch.equal(saved.steps[-1].rigid.trans, run.state.rigid.trans)
