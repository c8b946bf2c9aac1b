"""Recordings: what is on disk is the run, whatever happened at the end."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from confdiff_widgets.live import Recording, RecordingError
from confdiff_widgets.live.recorder import Recorder
from confdiff_widgets.sampling import Run, SamplerConfig


@pytest.fixture
def recorded(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, "YYDPETGTWY", SamplerConfig(samples=3, steps=5, seed=4))
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
    assert recording.metadata["protein"] == "chignolin"
    assert [step.parameters.gamma for step in recording.steps] == [1.0, 0.5, 0.5, 0.5, 0.5]
    for step, state in zip(recording.steps, run.states[1:], strict=True):
        assert step.t == state.t
        assert torch.equal(step.rigid.trans, state.rigid.trans)
        assert torch.equal(step.prediction.quat, state.prediction.quat)


def test_settings_and_gammas_reproduce_the_run(recorded, tiny_cfg):
    run, folder = recorded
    recording = Recording(folder)
    again = Run(tiny_cfg, recording.sequence, recording.config)
    for step in recording.steps:
        again.gamma = step.parameters.gamma
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


def test_a_place_that_cannot_be_written(tiny_cfg, tmp_path):
    (tmp_path / "file").write_text("")
    run = Run(tiny_cfg, "YYDPETGTWY", SamplerConfig(samples=1, steps=1))
    with pytest.raises(RecordingError, match="Choose another folder"):
        Recorder(tmp_path / "file" / "run", run, {"protein": "chignolin"}).add(run.step())


def test_an_earlier_recording_is_not_overwritten(recorded, tiny_cfg):
    run, folder = recorded
    recorder = Recorder(folder, run, {"protein": "chignolin"})
    run.rewind(4)
    with pytest.raises(RecordingError, match="cannot be saved"):
        recorder.add(run.step())


def test_nothing_is_written_before_there_is_something_to_write(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, "YYDPETGTWY", SamplerConfig(samples=1, steps=2))
    recorder = Recorder(tmp_path / "run", run, {"protein": "chignolin"})
    recorder.set_title("not yet")
    recorder.add_energy(1, 0, -3.0)
    assert not (tmp_path / "run").exists() and not recorder.on_disk
    recorder.add(run.step())
    assert Recording(tmp_path / "run").title == "not yet"


def test_a_state_that_is_written_already_changes_nothing(recorded, tiny_cfg, tmp_path):
    run, _ = recorded
    recorder = Recorder(tmp_path / "again", run, {})
    recorder.add(run.state)
    assert not recorder.on_disk
    run.rewind(3)
    recorder.add(run.state)
    assert not recorder.on_disk
    recorder.add(run.step())
    assert len(Recording(tmp_path / "again").steps) == 4


# --- going on with one ------------------------------------------------------------------------


def reopened(folder, tiny_cfg):
    recording = Recording(folder)
    run = recording.replay(Run(tiny_cfg, recording.sequence, recording.config))
    return run, Recorder.resume(recording, run)


def shorten(folder, steps):
    """As if the run had been left after so many steps."""
    lines = (folder / "steps.jsonl").read_text().splitlines(keepends=True)
    (folder / "steps.jsonl").write_text("".join(lines[:steps]))


def test_going_on_appends(recorded, tiny_cfg):
    run, folder = recorded
    shorten(folder, 3)
    before = (folder / "frames.f32").read_bytes()
    again, recorder = reopened(folder, tiny_cfg)
    recorder.add(again.state)
    assert (folder / "frames.f32").read_bytes() == before, "a look changes nothing"
    for state in again:
        recorder.add(state)
    recorder.close()
    recording = Recording(folder)
    assert len(recording.steps) == 5
    assert torch.equal(recording.steps[-1].rigid.trans, run.state.rigid.trans)
    assert recording.sizes == recording.ends[-1], "what was torn is gone"


def test_two_cannot_go_on_with_the_same(recorded, tiny_cfg):
    _, folder = recorded
    shorten(folder, 3)
    (first, writes), (second, too_late) = (reopened(folder, tiny_cfg) for _ in range(2))
    writes.add(first.step())
    with pytest.raises(RecordingError, match="Another Explorer is saving"):
        too_late.add(second.step())
    writes.add(first.step())
    assert len(Recording(folder).steps) == 5


def test_who_began_first_hears_of_it_too(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, "YYDPETGTWY", SamplerConfig(samples=3, steps=5, seed=4))
    recorder = Recorder(tmp_path / "run", run, {})
    recorder.add(run.step())
    again, writes = reopened(tmp_path / "run", tiny_cfg)
    writes.add(again.step())
    with pytest.raises(RecordingError, match="Another Explorer is saving"):
        recorder.add(run.step())


def test_a_recording_of_the_former_version_is_read_and_gone_on_with(recorded, tiny_cfg):
    """Without pushes, energies, networks and what the knobs were set to."""
    run, folder = recorded
    about = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**about, "format": "confdiff-run-1"}))
    lines = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
    lines = [{k: v for k, v in line.items() if k not in ("knobs", "push")} for line in lines]
    (folder / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:4]))
    (folder / "push.f32").unlink()
    recording = Recording(folder)
    assert recording.networks is None
    assert [step.parameters.gamma for step in recording.steps] == [1.0, 0.5, 0.5, 0.5]
    again, recorder = reopened(folder, tiny_cfg)
    again.gamma = 0.5
    recorder.add(again.step())
    recording = Recording(folder)
    assert recording.metadata["format"] == "confdiff-run-2"
    assert torch.equal(recording.steps[-1].rigid.trans, run.state.rigid.trans)


def test_energies_of_what_was_forgotten_are_forgotten(tiny_cfg, tmp_path):
    run = Run(tiny_cfg, "YYDPETGTWY", SamplerConfig(samples=3, steps=5, seed=4))
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


# --- damaged ones -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda about: [1], "no settings"),
        (lambda about: "run", "no settings"),
        (lambda about: {**about, "config": None}, "damaged"),
        (lambda about: {**about, "config": {**about["config"], "samples": 0}}, "at least 1"),
        (lambda about: {**about, "config": {**about["config"], "samples": "many"}}, "damaged"),
        (lambda about: {**about, "config": {**about["config"], "samples": 2.5}}, "no readable run"),
        (lambda about: {**about, "config": {**about["config"], "colour": 1}}, "colour"),
        (lambda about: {**about, "sequence": ""}, "damaged"),
        (lambda about: {**about, "sequence": 5}, "damaged"),
        (lambda about: {**about, "sequence": "YY?"}, "damaged"),
        (lambda about: {**about, "networks": 3}, "damaged"),
        (lambda about: {k: v for k, v in about.items() if k != "sequence"}, "no 'sequence'"),
    ],
)
def test_settings_that_say_something_else(recorded, change, says):
    _, folder = recorded
    about = change(json.loads((folder / "run.json").read_text()))
    (folder / "run.json").write_text(json.dumps(about))
    with pytest.raises(RecordingError, match=says):
        Recording(folder)


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "7",
        "null",
        "{}",
        '{"step": 3}',
        "not JSON",
        '{"step": 3, "t": null, "gamma": 1, "eta": 0, "seed": 1, "scores": {}, "energy": null}',
        '{"step": 3, "t": 0.5, "gamma": 1, "eta": 0, "seed": 1, "scores": 1, "energy": null}',
        '{"step": 3, "t": 0.5, "gamma": 1, "eta": 0, "seed": 1, "scores": {}, "energy": [1]}',
        '{"step": 4, "t": 0.5, "gamma": 1, "eta": 0, "seed": 1, "scores": {}, "energy": null}',
    ],
)
def test_a_damaged_line_costs_what_follows_and_is_told(recorded, text):
    _, folder = recorded
    lines = (folder / "steps.jsonl").read_text().splitlines()
    lines[2] = text
    (folder / "steps.jsonl").write_text("\n".join(lines) + "\n")
    recording = Recording(folder)
    assert len(recording.steps) == 2
    assert recording.damage.startswith("Step 3 of") and "2 steps before it" in recording.damage


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_cost_what_follows_and_are_told(recorded, value):
    _, folder = recorded
    numbers = np.fromfile(folder / "frames.f32", dtype=np.float32)
    numbers[3 * len(numbers) // 5 + 7] = value
    numbers.tofile(folder / "frames.f32")
    recording = Recording(folder)
    assert len(recording.steps) == 3
    assert "Step 4" in recording.damage and "not finite" in recording.damage


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.json", b"\xff\xfe"),
        ("run.json", b""),
        ("start.npz", b"no zip"),
        ("openmm.jsonl", b'[1]\n{}\n7\nnull\n[1, 99, 2.0]\n["a", 0, 1]\n[1, 0, "x"]\n[1, 0'),
        ("openmm.jsonl", b"\xff\xfe\n"),
        ("steps.jsonl", b"\xff\xfe\n"),
        ("steps.jsonl", b""),
        ("frames.f32", b""),
        ("frames.f32", b"abc"),
    ],
)
def test_files_that_hold_something_else(recorded, name, content):
    _, folder = recorded
    (folder / name).write_bytes(content)
    if name in ("run.json", "start.npz"):
        with pytest.raises(RecordingError, match="no readable run"):
            Recording(folder)
    else:
        recording = Recording(folder)
        assert len(recording.steps) == (5 if name == "openmm.jsonl" else 0)
        assert recording.openmm == {}
        told = name == "frames.f32" or (name == "steps.jsonl" and content)
        assert bool(recording.damage) == bool(told)


@pytest.mark.parametrize("name", ["steps.jsonl", "frames.f32"])
def test_files_that_are_missing(recorded, name):
    _, folder = recorded
    (folder / name).unlink()
    with pytest.raises(RecordingError, match="no readable run"):
        Recording(folder)
