"""The controller: runs that fail, are saved, opened again and branched."""

from __future__ import annotations

import json

import pytest

from confdiff_widgets.live import Session, Status
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.widgets.explorer import view_model
from confdiff_widgets.widgets.explorer.controller import ExplorerController
from confdiff_widgets.widgets.explorer.state import ExplorerState

from ...waiting import wait_for


class Screen:
    """Ignores the calls of the controller."""

    def __getattr__(self, name):
        return lambda *arguments: None


@pytest.fixture
def controller(finished, tmp_path):
    """With a finished run."""
    session = finished(folder=tmp_path, guidance="force", eta=1.0)
    controller = ExplorerController(ExplorerState(session, tmp_path), Screen())
    yield controller
    controller.state.session.close()


def play(controller):
    state = controller.state
    controller.receive({"transport": "play"})
    assert state.session.player.wait(Status.FINISHED), state.session.error_message
    branch = state.session.current
    wait_for(lambda: len(branch.frames) == branch.steps + 1)


def message(controller):
    return view_model.header(controller.state, 1)["message"]


def test_the_sliders_show_the_parameters_of_the_branch(controller):
    state = controller.state
    controller.receive({"seek": 4})
    controller.receive({"set_parameters": {"gamma": 0.3}})
    controller.receive({"set_parameters": {"eta": 2.5}})
    controller.receive({"fork": 4})
    play(controller)
    shown = view_model.parameters(state, ())
    assert (shown["gamma"]["value"], shown["eta"]["value"]) == (0.3, 2.5)
    assert state.session.current.run.gammas[4:] == [0.3, 0.3]
    assert state.session.current.run.etas[4:] == [2.5, 2.5]
    controller.receive({"select_branch": "A"})
    shown = view_model.parameters(state, ())
    assert (shown["gamma"]["value"], shown["eta"]["value"]) == (0.3, 2.5), "changed on A"


def test_the_seed_that_is_shown_is_used(controller):
    state = controller.state
    controller.receive({"fork": 4})
    branch = state.session.current
    play(controller)
    assert view_model.header(state, 1)["seed"]["value"] == branch.run.seeds[-1] != 5
    controller.receive({"select_branch": "A"})
    assert view_model.header(state, 1)["seed"]["value"] == 5
    controller.receive({"seed": {"value": 12, "locked": True}})
    controller.receive({"fork": 3})
    play(controller)
    assert state.session.current.run.seeds == [5, 5, 5, 12, 12, 12]
    assert view_model.header(state, 1)["seed"] == {"value": 12, "locked": True}


def test_run_after_stop_starts_a_new_run(controller):
    state = controller.state
    controller.receive({"transport": "reset"})
    state.session.player.wait(Status.READY)
    controller.receive({"transport": "step"})
    state.session.player.wait(Status.PAUSED)
    controller.receive({"transport": "stop"})
    first = state.session.current
    assert view_model.header(state, 1)["status"] == "stopped"
    play(controller)
    assert state.session.current is not first


@pytest.mark.usefixtures("wide_ranges")
def test_a_diverged_run_is_reported_without_the_name_of_a_class(controller):
    controller.receive({"set_parameters": {"eta": 1e30}})
    controller.receive({"transport": "play"})
    assert controller.state.session.player.wait(Status.FAILED)
    assert message(controller).startswith("Step 1 of 6 diverged")
    assert "Lower η" in message(controller)
    controller.receive({"set_parameters": {"eta": 1.0}})
    play(controller)
    assert message(controller) == ""


@pytest.mark.parametrize(
    "content", ["[1]", "", '{"format": "confdiff-run-9"}', '{"format": "confdiff-run-2"}']
)
def test_a_damaged_run_is_a_notice_and_changes_nothing(controller, finished, tmp_path, content):
    state = controller.state
    other = finished(folder=tmp_path).current.folder
    (other / "run.json").write_text(content)
    before = (
        state.session.current,
        state.session.config,
        state.frame,
    )
    controller.receive({"open_run": str(other)})
    assert str(other) in message(controller)
    assert before == (
        state.session.current,
        state.session.config,
        state.frame,
    )
    controller.receive({"list_runs": True})
    problems = {entry["folder"]: entry["problem"] for entry in state.saved_runs}
    assert problems[str(other)] and problems[str(state.session.current.folder)] == ""


@pytest.mark.parametrize(
    "entry", [{"knobs": [1]}, {"seed": "x"}, {"scores": None}, {"energy": 3}, {"step": 7}]
)
def test_a_damaged_line_is_a_notice_and_the_rest_is_shown(controller, finished, tmp_path, entry):
    other = finished(folder=tmp_path).current.folder
    lines = [json.loads(line) for line in (other / "steps.jsonl").read_text().splitlines()]
    lines[3] |= entry
    (other / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    controller.receive({"open_run": str(other)})
    assert "Step 4" in message(controller) and "3 steps before it" in message(controller)
    assert controller.state.session.current.last.step == 3


def test_an_internal_error_is_a_notice(controller, monkeypatch):
    monkeypatch.setattr(controller.state.session, "fork", lambda *a, **k: 1 / 0)
    controller.receive({"fork": 3})
    assert "ZeroDivisionError" in message(controller) and "report this" in message(controller)


def test_a_missing_device_is_reported(controller, monkeypatch):
    monkeypatch.setattr(
        "confdiff_widgets.widgets.explorer.new_runs.choose_device",
        lambda name: ("cpu", "using the CPU."),
    )
    controller.receive({"settings": {"device": "cuda"}})
    assert message(controller) == "using the CPU."


@pytest.fixture
def with_a_model(tiny_network, write_lightning, tmp_path):
    """Return a checkpoint and the folder of a run with it."""
    path = write_lightning(
        tmp_path / "mine.ckpt",
        tiny_network(conditional=True, seed=7, head="force"),
        tiny_network(conditional=False, seed=8),
    )
    system = load_system("chignolin", model=str(path), representation="one-hot")
    session = Session(system, SamplerConfig(samples=2, steps=4), folder=tmp_path / "runs")
    session.energies.enabled = False
    session.play()
    assert session.player.wait(Status.FINISHED)
    branch = session.current
    wait_for(lambda: len(branch.frames) == 5)
    session.close()
    return path, branch.folder


def test_opening_a_run_loads_its_networks(controller, with_a_model):
    state = controller.state
    path, folder = with_a_model
    controller.receive({"open_run": str(folder)})
    wait_for(lambda: state.session.system.model == str(path) and len(state.session.branches) == 2)
    assert view_model.parameters(state, ())["settings"]["model"] == str(path)
    assert state.session.player.wait(Status.FINISHED), state.session.error_message
    assert state.session.current.last.step == 4
    assert message(controller) == ""


def test_a_run_is_shown_even_if_its_networks_are_missing(controller, with_a_model):
    state = controller.state
    path, folder = with_a_model
    path.unlink()
    controller.receive({"open_run": str(folder)})
    wait_for(lambda: len(state.session.branches) == 2)
    # it is in the list before it is the current one
    wait_for(lambda: (last := state.session.current.last) is not None and last.step == 4)
    wait_for(lambda: "mine.ckpt" in state.notice)
    assert state.session.player.wait(Status.FAILED)
    assert "You can view this run, but not continue or branch it" in message(controller)
