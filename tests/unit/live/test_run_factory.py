"""Runs and recorders of branches: folders, forks, and a reset next to a recording."""

from __future__ import annotations

import json

import torch

from confdiff_widgets.live.branch import Branch
from confdiff_widgets.live.run_factory import RunFactory
from confdiff_widgets.sampling import SamplerConfig

CONFIG = SamplerConfig(samples=2, steps=3, seed=1)


def branch(**more):
    return Branch("A", "mine", CONFIG, None, **more)


def test_each_run_of_a_session_has_its_own_folder(system, tmp_path):
    factory = RunFactory(system, tmp_path)
    folders = []
    for _ in range(2):
        made = branch()
        run = factory.create_run(made, "cpu")
        assert made.run is run and run.steps == 3
        run.step()
        made.recorder.add(run.state)
        made.recorder.close()
        folders.append(made.recorder.folder)
    assert [folder.name for folder in folders] == ["01-A", "02-A"]
    assert {folder.parent for folder in folders} == {factory.folder}
    assert factory.folder.parent == tmp_path and "chignolin" in factory.folder.name
    about = json.loads((folders[0] / "run.json").read_text())
    assert (about["title"], about["branch"], about["protein"]) == ("mine", "A", "chignolin")


def test_without_a_folder_nothing_is_saved(system, tmp_path):
    made = branch()
    RunFactory(system, None).create_run(made, "cpu")
    assert made.recorder is None and list(tmp_path.iterdir()) == []


def test_a_fork_is_created_from_its_parent(system, tmp_path):
    factory = RunFactory(system, None)
    parent = branch()
    run = factory.create_run(parent, "cpu")
    run.step()
    child = branch(fork=1, fork_run=lambda: run.branch(1, gamma=0.5))
    forked = factory.create_run(child, "cpu")
    assert forked.state.step == 1 and forked.gamma == 0.5
    assert child.fork_run is None  # it would keep the parent's run in memory
    torch.testing.assert_close(forked.state.rigid.trans, run.state.rigid.trans)


def test_a_reset_run_is_at_its_start(system, tmp_path):
    factory = RunFactory(system, None)
    made = branch()
    run = factory.create_run(made, "cpu")
    start = run.state.rigid.trans
    run.step()
    assert factory.reset_run(made, run) is None
    assert run.state.step == 0
    torch.testing.assert_close(run.state.rigid.trans, start)
