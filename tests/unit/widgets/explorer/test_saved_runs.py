"""The list of saved runs: a damaged run has a reason, and does not hide the others."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from confdiff_widgets.live import Status
from confdiff_widgets.widgets.explorer.saved_runs import list_saved_runs


@pytest.fixture
def saved(finished, tmp_path):
    """Return two finished runs of chignolin and their folder."""
    sessions = [finished(folder=tmp_path, seed=seed) for seed in (1, 2)]
    return sessions, tmp_path


def change(folder, **entries):
    about = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**about, **entries}))


def test_runs_that_can_be_opened(saved):
    sessions, folder = saved
    sessions[0].rename("A", "the first")
    listed = list_saved_runs(folder, sessions[0].system)
    assert {entry["folder"] for entry in listed} == {str(s.current.folder) for s in sessions}
    assert all(entry["problem"] == "" for entry in listed)
    label = next(e["label"] for e in listed if "the first" in e["label"])
    assert "3 × 6 steps" in label and "γ 1" in label


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ({"format": "confdiff-run-9"}, "another version"),
        ({"config": {"samples": 0}}, "from 1 to"),
        ({"config": [1]}, "damaged"),
    ],
)
def test_runs_that_cannot_be_opened_have_a_reason(saved, entries, why):
    sessions, folder = saved
    bad, good = (session.current.folder for session in sessions)
    change(bad, **entries)
    listed = {entry["folder"]: entry for entry in list_saved_runs(folder, sessions[0].system)}
    assert listed[str(good)]["problem"] == ""
    assert why in listed[str(bad)]["problem"]
    assert bad.name in listed[str(bad)]["label"]


@pytest.mark.parametrize("text", ["[1]", "", "{", "null", '"run"'])
def test_files_that_are_no_run(saved, text):
    sessions, folder = saved
    bad = sessions[0].current.folder
    (bad / "run.json").write_text(text)
    listed = {
        entry["folder"]: entry["problem"] for entry in list_saved_runs(folder, sessions[0].system)
    }
    assert len(listed) == 2 and listed[str(bad)]


def test_runs_of_another_protein_or_without_a_step_are_left_out(saved):
    sessions, folder = saved
    change(sessions[0].current.folder, sequence="AAAAAAAAAA")
    (sessions[1].current.folder / "steps.jsonl").write_text("")
    assert list_saved_runs(folder, sessions[0].system) == []


def test_missing_folders(system, tmp_path):
    assert list_saved_runs(None, system) == []
    assert list_saved_runs(tmp_path / "nothing", system) == []


def test_the_label_names_the_networks(saved):
    sessions, folder = saved
    change(sessions[0].current.folder, networks={"model": "/models/mine.ckpt"})
    labels = [entry["label"] for entry in list_saved_runs(folder, sessions[0].system)]
    assert sum("mine.ckpt" in label for label in labels) == 1
    assert sessions[0].player.status is Status.FINISHED


DAMAGE = {
    "pipe for a header": lambda run: _pipe(run / "run.json"),
    "pipe for steps": lambda run: _pipe(run / "steps.jsonl"),
    "folder for steps": lambda run: ((run / "steps.jsonl").unlink(), (run / "steps.jsonl").mkdir()),
    "deep nesting": lambda run: (run / "run.json").write_text("[" * 100_000),
    "binary": lambda run: (run / "run.json").write_bytes(bytes(range(256))),
    "half a character": lambda run: change(run, title="\ud800"),
    "many steps": lambda run: change(run, config={"steps": 10**9}),
    "many conformers": lambda run: change(run, config={"samples": 10**7}),
    "numbers for networks": lambda run: change(run, networks={"model": 3}),
    "broken link": lambda run: (
        (run / "run.json").unlink(),
        (run / "run.json").symlink_to("nothing"),
    ),
}


def _pipe(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_run_hides_no_other(saved, damage):
    sessions, folder = saved
    bad, good = (session.current.folder for session in sessions)
    damage(bad)
    listed = {entry["folder"]: entry for entry in list_saved_runs(folder, sessions[0].system)}
    assert listed[str(good)]["problem"] == ""
    assert str(bad) not in listed or listed[str(bad)]["problem"]


def test_many_damaged_runs_hide_no_other(saved, monkeypatch):
    sessions, folder = saved
    bad, good = (session.current.folder for session in sessions)
    (bad / "run.json").write_text("{")
    for number in range(4):
        shutil.copytree(bad, folder / f"copy{number}" / "01-A")
    monkeypatch.setattr("confdiff_widgets.widgets.explorer.saved_runs.MAX_RUNS", 2)
    listed = list_saved_runs(folder, sessions[0].system)
    assert str(good) in {entry["folder"] for entry in listed}
    assert sum(bool(entry["problem"]) for entry in listed) <= 2
