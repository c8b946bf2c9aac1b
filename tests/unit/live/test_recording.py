"""Reading saved runs, intact and damaged ones."""

from __future__ import annotations

import json
import os
import random
from contextlib import suppress

import numpy as np
import pytest
import torch

from confdiff_widgets.live import Recording, RecordingError
from confdiff_widgets.live.run_format import STEP_FILES
from confdiff_widgets.sampling import Run


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


def test_settings_and_parameters_reproduce_the_run(recorded, tiny_cfg):
    run, folder = recorded
    recording = Recording(folder)
    again = Run(tiny_cfg, recording.sequence, recording.config)
    for step in recording.steps:
        again.gamma = step.parameters.gamma
        again.step()
    assert torch.equal(again.state.rigid.trans, run.state.rigid.trans)


@pytest.mark.parametrize("lost", [1, 100, 5000])
def test_incomplete_steps_are_left_out(recorded, lost):
    run, folder = recorded
    frames = folder / "frames.f32"
    frames.write_bytes(frames.read_bytes()[:-lost])
    recording = Recording(folder)
    assert 0 < len(recording.steps) < 5
    last = recording.steps[-1]
    assert torch.equal(last.rigid.trans, run.states[last.step].rigid.trans)


def test_incomplete_line_is_left_out(recorded):
    _, folder = recorded
    lines = folder / "steps.jsonl"
    lines.write_text(lines.read_text()[:-8])
    assert len(Recording(folder).steps) == 4


def test_other_version_is_rejected(recorded):
    _, folder = recorded
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**header, "format": "confdiff-run-9"}))
    with pytest.raises(RecordingError, match="another version"):
        Recording(folder)


def test_folder_without_a_run_is_rejected(tmp_path):
    with pytest.raises(RecordingError, match="no readable run"):
        Recording(tmp_path)


# --- damaged files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header: [1], "damaged: expected object"),
        (lambda header: "run", "damaged: expected object"),
        (lambda header: {**header, "config": None}, "damaged"),
        (
            lambda header: {**header, "config": {**header["config"], "samples": 0}},
            "from 1 to 1000000",
        ),
        (lambda header: {**header, "config": {**header["config"], "samples": "many"}}, "damaged"),
        (
            lambda header: {**header, "config": {**header["config"], "samples": 2.5}},
            "samples: expected int, got float",
        ),
        (
            lambda header: {**header, "config": {**header["config"], "steps": 10**9}},
            "steps is 1|steps: ",
        ),
        (
            lambda header: {**header, "config": {**header["config"], "samples": 10**7}},
            "samples is 1|samples: ",
        ),
        (
            lambda header: {**header, "config": {**header["config"], "seed": 10**20}},
            "seed is a number of 21 digits",
        ),
        (lambda header: {**header, "networks": {"model": 3}}, "networks"),
        (lambda header: {**header, "title": ["x"]}, "title"),
        (lambda header: {**header, "config": {**header["config"], "colour": 1}}, "colour"),
        (lambda header: {**header, "sequence": ""}, "damaged"),
        (lambda header: {**header, "sequence": 5}, "damaged"),
        (lambda header: {**header, "sequence": "YY?"}, "damaged"),
        (lambda header: {**header, "networks": 3}, "damaged"),
        (
            lambda header: {k: v for k, v in header.items() if k != "sequence"},
            "sequence is missing",
        ),
    ],
)
def test_malformed_header_is_rejected(recorded, change, message):
    _, folder = recorded
    header = change(json.loads((folder / "run.json").read_text()))
    (folder / "run.json").write_text(json.dumps(header))
    with pytest.raises(RecordingError, match=message):
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
def test_steps_from_a_damaged_line_on_are_left_out_and_reported(recorded, text):
    _, folder = recorded
    lines = (folder / "steps.jsonl").read_text().splitlines()
    lines[2] = text
    (folder / "steps.jsonl").write_text("\n".join(lines) + "\n")
    recording = Recording(folder)
    assert len(recording.steps) == 2
    assert recording.damage.startswith("Step 3 of") and "2 steps before it" in recording.damage


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_steps_from_numbers_that_are_not_finite_on_are_left_out_and_reported(recorded, value):
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
def test_malformed_file(recorded, name, content):
    _, folder = recorded
    (folder / name).write_bytes(content)
    if name in ("run.json", "start.npz"):
        with pytest.raises(RecordingError, match=r"no readable run|damaged"):
            Recording(folder)
    else:
        recording = Recording(folder)
        assert len(recording.steps) == (5 if name == "openmm.jsonl" else 0)
        assert recording.openmm == {}
        reported = name == "frames.f32" or (name == "steps.jsonl" and content)
        assert bool(recording.damage) == bool(reported)


@pytest.mark.parametrize("name", ["steps.jsonl", "frames.f32"])
def test_missing_file_is_rejected(recorded, name):
    _, folder = recorded
    (folder / name).unlink()
    with pytest.raises(RecordingError, match="no readable run"):
        Recording(folder)


@pytest.mark.parametrize("name", ["run.json", "start.npz", "openmm.jsonl", *STEP_FILES])
def test_a_pipe_in_place_of_a_file_does_not_block(recorded, name):
    _, folder = recorded
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    with pytest.raises(RecordingError, match="not a regular file"):
        Recording(folder)


@pytest.mark.parametrize("name", ["run.json", "start.npz", "steps.jsonl", "openmm.jsonl"])
def test_deep_nesting_and_huge_files(recorded, name):
    _, folder = recorded
    (folder / name).write_bytes(b"[" * 40_000 + b"\n")
    if name in ("run.json", "start.npz"):
        with pytest.raises(RecordingError, match="damaged"):
            Recording(folder)
    else:
        assert ("nested too deeply" in Recording(folder).damage) == (name == "steps.jsonl")
    with (folder / name).open("wb") as file:
        file.truncate(1 << 40)  # sparse
    with pytest.raises(RecordingError):
        Recording(folder)


def test_settings_that_do_not_fit_the_numbers_are_refused_or_reported(recorded):
    """Settings of more conformers than the frames have."""
    _, folder = recorded
    header = json.loads((folder / "run.json").read_text())
    header["config"]["samples"] = 1_000_000
    (folder / "run.json").write_text(json.dumps(header))
    recording = Recording(folder)
    assert recording.steps == [] and "numbers are missing" in recording.damage


def test_more_steps_than_the_run_has_are_damage(recorded):
    _, folder = recorded
    header = json.loads((folder / "run.json").read_text())
    header["config"]["steps"] = 3
    (folder / "run.json").write_text(json.dumps(header))
    recording = Recording(folder)
    assert len(recording.steps) == 3 and "has only 3 steps" in recording.damage


def test_random_damage_is_one_kind_of_error(recorded):
    _, folder = recorded
    intact = {path.name: path.read_bytes() for path in folder.iterdir()}
    draw = random.Random(11)
    for _ in range(150):
        name = draw.choice(["run.json", "steps.jsonl", "frames.f32", "openmm.jsonl"])
        data = bytearray(intact.get(name, b"[1, 0, -3.0]\n"))
        for _ in range(draw.randint(1, 4)):
            data[draw.randrange(len(data))] = draw.choice(b'0123456789{}[],"\n\xff-eN')
        (folder / name).write_bytes(
            data[: draw.randrange(len(data))] if draw.random() < 0.3 else data
        )
        with suppress(RecordingError):
            recording = Recording(folder)
            assert len(recording.steps) <= recording.config.steps
        (folder / name).write_bytes(intact.get(name, b""))
