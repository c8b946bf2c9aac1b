"""The controller: runs that fail, are saved, opened again and branched, as a person does it."""

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
    """Does nothing that the controller asks for."""

    def __getattr__(self, name):
        return lambda *given: None


@pytest.fixture
def controller(finished, tmp_path):
    """With a finished run."""
    controller = ExplorerController(
        finished(folder=tmp_path, guidance="force", eta=1.0), Screen(), folder=tmp_path
    )
    yield controller
    controller.session.close()


def play(controller):
    controller.hear({"do": "play"})
    assert controller.session.player.wait(Status.FINISHED), controller.session.error_message
    branch = controller.session.current
    wait_for(lambda: len(branch.frames) == branch.steps + 1)


def message(controller):
    return view_model.header(controller, 1)["message"]


def test_what_the_sliders_show_is_what_the_branch_does(controller):
    controller.hear({"scrub": 4})
    controller.hear({"turn": {"gamma": 0.3}})
    controller.hear({"turn": {"eta": 2.5}})
    controller.hear({"fork": 4})
    play(controller)
    shown = view_model.knobs(controller, ())
    assert (shown["gamma"]["value"], shown["eta"]["value"]) == (0.3, 2.5)
    assert controller.session.current.run.gammas[4:] == [0.3, 0.3]
    assert controller.session.current.run.etas[4:] == [2.5, 2.5]
    controller.hear({"select": "A"})
    shown = view_model.knobs(controller, ())
    assert (shown["gamma"]["value"], shown["eta"]["value"]) == (0.3, 2.5), "turned on A"


def test_the_seed_that_is_shown_is_the_one_that_acts(controller):
    controller.hear({"fork": 4})
    branch = controller.session.current
    play(controller)
    assert view_model.header(controller, 1)["seed"]["value"] == branch.run.seeds[-1] != 5
    controller.hear({"select": "A"})
    assert view_model.header(controller, 1)["seed"]["value"] == 5
    controller.hear({"seed": {"value": 12, "locked": True}})
    controller.hear({"fork": 3})
    play(controller)
    assert controller.session.current.run.seeds == [5, 5, 5, 12, 12, 12]
    assert view_model.header(controller, 1)["seed"] == {"value": 12, "locked": True}


def test_run_after_stop_does_something(controller):
    controller.hear({"do": "reset"})
    controller.session.player.wait(Status.READY)
    controller.hear({"do": "step"})
    controller.session.player.wait(Status.PAUSED)
    controller.hear({"do": "stop"})
    first = controller.session.current
    assert view_model.header(controller, 1)["status"] == "stopped"
    play(controller)
    assert controller.session.current is not first


def test_a_run_that_blows_up_is_told_without_the_name_of_a_class(controller):
    controller.hear({"turn": {"eta": 1e30}})
    controller.hear({"do": "play"})
    assert controller.session.player.wait(Status.FAILED)
    assert message(controller).startswith("Step 1 of 6 blew up")
    assert "Lower η" in message(controller)
    controller.hear({"turn": {"eta": 1.0}})
    play(controller)
    assert message(controller) == ""


@pytest.mark.parametrize(
    "content", ["[1]", "", '{"format": "confdiff-run-9"}', '{"format": "confdiff-run-2"}']
)
def test_a_damaged_run_is_a_notice_and_changes_nothing(controller, finished, tmp_path, content):
    other = finished(folder=tmp_path).current.folder
    (other / "run.json").write_text(content)
    before = controller.session.current, controller.session.config, controller.frame
    controller.hear({"open": str(other)})
    assert str(other) in message(controller)
    assert before == (controller.session.current, controller.session.config, controller.frame)
    controller.hear({"list": True})
    why = {entry["folder"]: entry["why"] for entry in controller.runs}
    assert why[str(other)] and why[str(controller.session.current.folder)] == ""


@pytest.mark.parametrize(
    "entry", [{"knobs": [1]}, {"seed": "x"}, {"scores": None}, {"energy": 3}, {"step": 7}]
)
def test_a_damaged_line_is_a_notice_and_the_rest_is_shown(controller, finished, tmp_path, entry):
    other = finished(folder=tmp_path).current.folder
    lines = [json.loads(line) for line in (other / "steps.jsonl").read_text().splitlines()]
    lines[3] |= entry
    (other / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    controller.hear({"open": str(other)})
    assert "Step 4" in message(controller) and "3 steps before it" in message(controller)
    assert controller.session.current.last.step == 3


def test_a_defect_is_a_notice(controller, monkeypatch):
    monkeypatch.setattr(controller.session, "fork", lambda *a, **k: 1 / 0)
    controller.hear({"fork": 3})
    assert "ZeroDivisionError" in message(controller) and "report it" in message(controller)


def test_a_device_that_is_not_there_is_told(controller, monkeypatch):
    monkeypatch.setattr(
        "confdiff_widgets.widgets.explorer.controller.choose_device",
        lambda name: ("cpu", "using the CPU."),
    )
    controller.hear({"settings": {"device": "cuda"}})
    assert message(controller) == "using the CPU."


@pytest.fixture
def with_a_model(tiny_network, write_lightning, tmp_path):
    """A run of networks in a file: the file, and the folder of the run."""
    path = write_lightning(
        tmp_path / "mine.ckpt",
        tiny_network(conditional=True, seed=7, head="force"),
        tiny_network(conditional=False, seed=8),
    )
    system = load_system("chignolin", str(path), representation="one-hot")
    session = Session(system, SamplerConfig(samples=2, steps=4), folder=tmp_path / "runs")
    session.energies.enabled = False
    session.play()
    assert session.player.wait(Status.FINISHED)
    branch = session.current
    wait_for(lambda: len(branch.frames) == 5)
    session.close()
    return path, branch.folder


def test_a_run_of_other_networks_brings_them(controller, with_a_model):
    path, folder = with_a_model
    controller.hear({"open": str(folder)})
    wait_for(
        lambda: (
            controller.session.system.model == str(path) and len(controller.session.branches) == 2
        )
    )
    assert view_model.knobs(controller, ())["settings"]["model"] == str(path)
    assert controller.session.player.wait(Status.FINISHED), controller.session.error_message
    assert controller.session.current.last.step == 4
    assert message(controller) == ""


def test_a_run_whose_networks_are_gone_is_shown(controller, with_a_model):
    path, folder = with_a_model
    path.unlink()
    controller.hear({"open": str(folder)})
    wait_for(lambda: len(controller.session.branches) == 2)
    assert controller.session.current.last.step == 4
    wait_for(lambda: "mine.ckpt" in controller.notice)
    assert controller.session.player.wait(Status.FAILED)
    assert "cannot be repeated" in message(controller)
