"""The desk: runs that fail, are saved, opened again and branched, as a person does it."""

from __future__ import annotations

import json

import pytest

from confdiff_widgets.live import Session, Status
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.widgets.explorer import view_model
from confdiff_widgets.widgets.explorer.controller import ExplorerController

from ...waiting import wait_for


class Screen:
    """Does nothing that the desk asks for."""

    def __getattr__(self, name):
        return lambda *given: None


@pytest.fixture
def desk(finished, tmp_path):
    """With a finished run."""
    desk = ExplorerController(
        finished(folder=tmp_path, guidance="force", eta=1.0), Screen(), folder=tmp_path
    )
    yield desk
    desk.session.close()


def play(desk):
    desk.hear({"do": "play"})
    assert desk.session.player.wait(Status.FINISHED), desk.session.trouble
    branch = desk.session.current
    wait_for(lambda: len(branch.frames) == branch.steps + 1)


def message(desk):
    return view_model.header(desk, 1)["message"]


def test_what_the_sliders_show_is_what_the_branch_does(desk):
    desk.hear({"scrub": 4})
    desk.hear({"turn": {"gamma": 0.3}})
    desk.hear({"turn": {"eta": 2.5}})
    desk.hear({"fork": 4})
    play(desk)
    shown = view_model.knobs(desk, ())
    assert (shown["gamma"]["value"], shown["eta"]["value"]) == (0.3, 2.5)
    assert desk.session.current.run.gammas[4:] == [0.3, 0.3]
    assert desk.session.current.run.etas[4:] == [2.5, 2.5]
    desk.hear({"select": "A"})
    shown = view_model.knobs(desk, ())
    assert (shown["gamma"]["value"], shown["eta"]["value"]) == (0.3, 2.5), "turned on A"


def test_the_seed_that_is_shown_is_the_one_that_acts(desk):
    desk.hear({"fork": 4})
    branch = desk.session.current
    play(desk)
    assert view_model.header(desk, 1)["seed"]["value"] == branch.run.seeds[-1] != 5
    desk.hear({"select": "A"})
    assert view_model.header(desk, 1)["seed"]["value"] == 5
    desk.hear({"seed": {"value": 12, "locked": True}})
    desk.hear({"fork": 3})
    play(desk)
    assert desk.session.current.run.seeds == [5, 5, 5, 12, 12, 12]
    assert view_model.header(desk, 1)["seed"] == {"value": 12, "locked": True}


def test_run_after_stop_does_something(desk):
    desk.hear({"do": "reset"})
    desk.session.player.wait(Status.READY)
    desk.hear({"do": "step"})
    desk.session.player.wait(Status.PAUSED)
    desk.hear({"do": "stop"})
    first = desk.session.current
    assert view_model.header(desk, 1)["status"] == "stopped"
    play(desk)
    assert desk.session.current is not first


def test_a_run_that_blows_up_is_told_without_the_name_of_a_class(desk):
    desk.hear({"turn": {"eta": 1e30}})
    desk.hear({"do": "play"})
    assert desk.session.player.wait(Status.FAILED)
    assert message(desk).startswith("Step 1 of 6 blew up")
    assert "Lower η" in message(desk)
    desk.hear({"turn": {"eta": 1.0}})
    play(desk)
    assert message(desk) == ""


@pytest.mark.parametrize(
    "content", ["[1]", "", '{"format": "confdiff-run-9"}', '{"format": "confdiff-run-2"}']
)
def test_a_damaged_run_is_a_notice_and_changes_nothing(desk, finished, tmp_path, content):
    other = finished(folder=tmp_path).current.folder
    (other / "run.json").write_text(content)
    before = desk.session.current, desk.session.config, desk.frame
    desk.hear({"open": str(other)})
    assert str(other) in message(desk)
    assert before == (desk.session.current, desk.session.config, desk.frame)
    desk.hear({"list": True})
    why = {entry["folder"]: entry["why"] for entry in desk.runs}
    assert why[str(other)] and why[str(desk.session.current.folder)] == ""


@pytest.mark.parametrize(
    "entry", [{"knobs": [1]}, {"seed": "x"}, {"scores": None}, {"energy": 3}, {"step": 7}]
)
def test_a_damaged_line_is_a_notice_and_the_rest_is_shown(desk, finished, tmp_path, entry):
    other = finished(folder=tmp_path).current.folder
    lines = [json.loads(line) for line in (other / "steps.jsonl").read_text().splitlines()]
    lines[3] |= entry
    (other / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    desk.hear({"open": str(other)})
    assert "Step 4" in message(desk) and "3 steps before it" in message(desk)
    assert desk.session.current.last.step == 3


def test_a_defect_is_a_notice(desk, monkeypatch):
    monkeypatch.setattr(desk.session, "fork", lambda *a, **k: 1 / 0)
    desk.hear({"fork": 3})
    assert "ZeroDivisionError" in message(desk) and "report it" in message(desk)


def test_a_device_that_is_not_there_is_told(desk, monkeypatch):
    monkeypatch.setattr(
        "confdiff_widgets.widgets.explorer.controller.choose_device",
        lambda name: ("cpu", "using the CPU."),
    )
    desk.hear({"settings": {"device": "cuda"}})
    assert message(desk) == "using the CPU."


@pytest.fixture
def with_a_model(tiny_network, write_lightning, tmp_path):
    """A run of networks in a file: the file, and the folder of the run."""
    path = write_lightning(
        tmp_path / "mine.ckpt",
        tiny_network(conditional=True, seed=7, head="force"),
        tiny_network(conditional=False, seed=8),
    )
    subject = load_system("chignolin", str(path), representation="one-hot")
    session = Session(subject, SamplerConfig(samples=2, steps=4), folder=tmp_path / "runs")
    session.energies.wanted = False
    session.play()
    assert session.player.wait(Status.FINISHED)
    branch = session.current
    wait_for(lambda: len(branch.frames) == 5)
    session.close()
    return path, branch.folder


def test_a_run_of_other_networks_brings_them(desk, with_a_model):
    path, folder = with_a_model
    desk.hear({"open": str(folder)})
    wait_for(lambda: desk.session.subject.model == str(path) and len(desk.session.branches) == 2)
    assert view_model.knobs(desk, ())["settings"]["model"] == str(path)
    assert desk.session.player.wait(Status.FINISHED), desk.session.trouble
    assert desk.session.current.last.step == 4
    assert message(desk) == ""


def test_a_run_whose_networks_are_gone_is_shown(desk, with_a_model):
    path, folder = with_a_model
    path.unlink()
    desk.hear({"open": str(folder)})
    wait_for(lambda: len(desk.session.branches) == 2)
    assert desk.session.current.last.step == 4
    wait_for(lambda: "mine.ckpt" in desk.notice)
    assert desk.session.player.wait(Status.FAILED)
    assert "cannot be repeated" in message(desk)
