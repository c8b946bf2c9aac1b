"""Temperature guidance in the Explorer: η in kelvin in all panels and exports."""

from __future__ import annotations

import csv
import io

import pytest

from confdiff_widgets.live import Status
from confdiff_widgets.models.temperature import eta_of_temperature
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.widgets.explorer import view_model
from confdiff_widgets.widgets.explorer.captions import settings_line
from confdiff_widgets.widgets.explorer.controller import ExplorerController
from confdiff_widgets.widgets.explorer.copied_code import code_for
from confdiff_widgets.widgets.explorer.exports import make_export
from confdiff_widgets.widgets.explorer.initial_session import first_session
from confdiff_widgets.widgets.explorer.saved_runs import list_saved_runs
from confdiff_widgets.widgets.explorer.state import ExplorerState

from ...sessions import play
from .test_controller import Screen


@pytest.fixture
def controller(make_session, thermal_system, tmp_path):
    session = make_session(thermal_system, folder=tmp_path, samples=2, steps=4, temperature=350)
    return ExplorerController(ExplorerState(session, tmp_path), Screen())


def panel(controller):
    return view_model.parameters(controller.state, ("chignolin",))


def set_temperature(controller, kelvin):
    controller.receive({"set_parameters": {"temperature": kelvin}})


def test_the_slider_covers_281_to_474_K_and_shows_the_temperature(controller):
    state = panel(controller)
    assert (state["eta"]["min"], state["eta"]["max"]) == (-0.1, 1.2)
    assert state["temperature"] == {
        "hot": 450.0, "cold": 300.0, "default": 350.0, "label": "350 K", "note": "",
    }  # fmt: skip


def test_a_temperature_sets_eta_of_the_run(controller):
    set_temperature(controller, 335)
    session = controller.state.session
    play(session)
    assert session.current.run.etas == [eta_of_temperature(335.0)] * 4
    assert panel(controller)["temperature"]["label"] == "335 K"


@pytest.mark.parametrize(
    ("kelvin", "says"),
    [(600, "is 600 K. Temperature guidance covers 281 to 474 K"), (0, "temperature is 0")],
)
def test_other_temperatures_are_refused(controller, kelvin, says):
    set_temperature(controller, kelvin)
    assert says in controller.state.notice
    assert panel(controller)["temperature"]["label"] == "350 K"


def test_other_kinds_have_no_temperature(make_session, tmp_path):
    session = make_session(guidance="force")
    controller = ExplorerController(ExplorerState(session, tmp_path), Screen())
    assert panel(controller)["temperature"] is None
    assert panel(controller)["eta"]["min"] == 0
    set_temperature(controller, 335)
    assert "335 K needs temperature guidance" in controller.state.notice
    assert session.config.eta == 0
    assert view_model.timeline(controller.state)["branches"][0]["temperature"] == ""


def test_gamma_makes_the_temperature_approximate(controller):
    controller.receive({"set_parameters": {"gamma": 0.8}})
    state = panel(controller)["temperature"]
    assert state["label"] == "≈ 350 K" and "γ = 1" in state["note"]


def test_a_window_varies_the_temperature_and_the_whole_range_does_not(controller):
    controller.receive({"set_windows": {"eta": [0.5, 0.0]}})
    state = panel(controller)["temperature"]
    assert state["label"] == "varied" and "η depends on t" in state["note"]
    set_temperature(controller, 335)
    assert panel(controller)["eta"]["window"] == [0.5, 0.0]
    controller.receive({"set_windows": {"eta": [1.0, 0.0]}})
    assert panel(controller)["temperature"]["label"] == "335 K"


def test_a_change_during_the_run_varies_its_temperature_and_is_a_flag(controller):
    session = controller.state.session
    session.player.step()
    session.player.wait(Status.PAUSED)
    set_temperature(controller, 310)
    assert panel(controller)["temperature"]["label"] == "varied", "of the present run"
    play(session)
    branch = view_model.timeline(controller.state)["branches"][0]
    assert branch["temperature"] == "varied"
    assert branch["flags"] == [{"step": 2, "text": "350→310 K"}]
    assert panel(controller)["temperature"]["label"] == "310 K", "of the next run"
    assert view_model.header(controller.state, 1)["guidance"] == "temperature guidance varied"


def test_labels_and_exports_show_the_temperature(controller, tmp_path):
    session = controller.state.session
    play(session)
    frame = session.current.last
    assert view_model.header(controller.state, 1)["guidance"] == "temperature guidance 350 K"
    assert "η 0.571, temperature guidance 350 K" in settings_line(session.current, frame)
    assert make_export("pdb", session, frame).name.endswith("-step4-350K.pdb")
    table = make_export("csv", session, frame)
    rows = list(csv.DictReader(io.StringIO(table.data.decode())))
    assert [row["temperature (K)"] for row in rows] == ["350", "350"]
    assert "temperature guidance 350 K" in make_export("html", session, frame).data.decode()
    (saved,) = list_saved_runs(tmp_path, session.system)
    assert "temperature 350 K" in saved["label"]
    session.set_parameters(eta=1.0)
    session.fork(2)
    session.player.wait(Status.PAUSED)
    play(session)
    assert any("varied" in run["label"] for run in list_saved_runs(tmp_path, session.system))


def config_of(code):
    line = next(line for line in code.splitlines() if line.startswith("config = "))
    return eval(line.removeprefix("config = "), {"SamplerConfig": SamplerConfig})


@pytest.mark.parametrize("settings", [{"temperature": 350}, {"eta": 0.65}])
def test_copied_code_repeats_eta_exactly(make_session, thermal_system, settings):
    session = make_session(thermal_system, guidance="temperature", **settings)
    code = code_for(session)
    assert config_of(code) == session.current.config
    assert ("temperature=350.0" in code) == ("temperature" in settings)
    play(session)
    session.set_parameters(eta=eta_of_temperature(310.0))
    session.fork(2)
    session.player.wait(Status.PAUSED)
    play(session)
    code = code_for(session)
    assert "run.eta = eta_of_temperature(310.0)" in code
    assert "import eta_of_temperature" in code


@pytest.fixture
def first(thermal_system):
    def make(**settings):
        session = first_session(
            thermal_system, structure=None, fix=None, seed=1, device="cpu", folder=None,
            settings={"samples": 2, "steps": 2, **settings},
        )  # fmt: skip
        made.append(session)
        return session.config

    made = []
    yield make
    for session in made:
        session.close()


def test_a_session_starts_at_the_temperature_of_the_reference(first):
    config = first(guidance="temperature")
    assert config.kelvin == pytest.approx(350)
    assert first(temperature=320).kelvin == pytest.approx(320)
    assert first(guidance="temperature", eta=1.0).kelvin == pytest.approx(300)
    assert first(guidance="none").eta == 0


def test_choosing_the_kind_starts_at_the_temperature_of_the_reference(controller):
    controller.receive({"guidance": "none"})
    controller.state.session.player.wait(Status.READY)
    controller.receive({"guidance": "temperature"})
    assert controller.state.session.config.kelvin == pytest.approx(350)
