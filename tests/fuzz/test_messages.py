"""Random messages to the Explorer: never an internal error, and the session stays usable."""

from __future__ import annotations

import pytest

from confdiff_widgets.live import Status
from confdiff_widgets.widgets.explorer import view_model
from confdiff_widgets.widgets.explorer.controller import HANDLERS, ExplorerController
from confdiff_widgets.widgets.explorer.state import ExplorerState

from . import values

USABLE = {
    "transport": ["play", "pause", "step", "stop", "reset", "restart"],
    "seed": [{"value": 3, "locked": True}],
    "set_parameters": [{"gamma": 0.5}, {"eta": 1.0}],
    "guidance": ["force", "energy", "none"],
    "fork": [0, 1, 3],
    "select_branch": ["A", "B"],
    "compare": ["A", None],
    "seek": [0, 2, None],
    "export": ["pdb", "csv", "code"],
    "settings": [{"solver": "ddim"}, {"samples": 2}, {"steps": 3}],
}
SLOW = {("export", "html"), ("export", "png")}


class Screen:
    def __getattr__(self, name):
        return lambda *arguments: None


@pytest.fixture
def controller(make_session, tmp_path):
    session = make_session(folder=tmp_path / "runs", steps=4, samples=2)
    controller = ExplorerController(ExplorerState(session, tmp_path / "runs"), Screen())
    yield controller
    controller.state.session.close()


def message(rng):
    name = rng.choice(sorted(HANDLERS)) if rng.random() < 0.97 else values.text(rng)
    if name in USABLE and rng.random() < 0.5:
        return {name: rng.choice(USABLE[name])}
    if name in ("settings", "set_parameters", "set_windows") and rng.random() < 0.7:
        keys = {"settings": ["solver", "steps", "samples", "t_start", "device", "protein"]}
        key = rng.choice(keys.get(name, ["gamma", "eta"]))
        value = values.anything(rng)
        if name == "set_windows" and rng.random() < 0.7:
            value = [values.number(rng), values.number(rng)]
        return {name: {key: value}}
    return {name: values.anything(rng)}


def test_messages(fuzz, controller):
    def one(rng):
        sent = message(rng)
        controller.receive(sent)
        state = controller.state
        assert "Internal error" not in state.notice, (sent, state.notice)
        assert len(state.notice) < 1000
        assert state.session.config is not None
        if rng.random() < 0.1:
            view_model.header(state, 1)
            view_model.parameters(state, ("chignolin",))
            view_model.timeline(state)
            view_model.ensemble(state)

    fuzz(one)
    controller.receive({"settings": {"protein": "chignolin"}})
    controller.receive({"transport": "restart"})
    assert controller.state.session.player.wait(Status.FINISHED, Status.FAILED, timeout=120)
