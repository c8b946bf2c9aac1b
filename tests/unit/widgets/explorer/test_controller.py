"""The controller: what each message of the page changes, and what is refused."""

from __future__ import annotations

import csv
import dataclasses
import io
import time

import mdtraj
import numpy as np
import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.guidance.registry import KINDS
from confdiff_widgets.live import Status
from confdiff_widgets.proteins.starting_structure import folded_structure, read_starting_structure
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.widgets.explorer import view_model
from confdiff_widgets.widgets.explorer.captions import settings_line
from confdiff_widgets.widgets.explorer.controller import ExplorerController
from confdiff_widgets.widgets.explorer.state import DEFAULT_STEPS, ExplorerState

from ...waiting import wait_for


class Screen:
    """Records the calls of the controller."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *arguments: self.calls.append((name, *arguments))


@pytest.fixture
def controller(make_session, tmp_path):
    session = make_session(folder=tmp_path, steps=5, seed=1)
    session.start = folded_structure(session.system)
    controller = ExplorerController(ExplorerState(session, tmp_path), Screen())
    yield controller
    controller.state.session.close()


def play(controller):
    state = controller.state
    controller.receive({"transport": "play"})
    assert state.session.player.wait(Status.FINISHED)
    deadline = time.monotonic() + 10
    while len(state.session.current.frames) < 6 and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_changed_gamma_acts_on_the_run(controller):
    state = controller.state
    controller.receive({"set_parameters": {"gamma": 0.4}})
    play(controller)
    assert state.session.current.run.gammas == [0.4] * 5
    assert view_model.parameters(state, ("chignolin",))["gamma"]["value"] == 0.4


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"set_parameters": {"gamma": float("nan")}}, "γ is nan"),
        ({"set_parameters": {"eta": 1e9}}, "needs physical guidance"),
        ({"settings": {"samples": 0}}, "samples is 0"),
        ({"settings": {"protein": "chignolen"}}, "Did you mean chignolin"),
        ({"structure": {"name": "a.txt", "text": ""}}, ".pdb, .ent, .cif"),
        ({"structure": {"name": "a.pdb", "text": "no atoms here"}}, ""),
        ({"structure": {"name": "a.npz", "text": "PK\x03\x04\0"}}, ".pdb, .ent, .cif"),
        ({"structure": {"name": "a.pdb", "text": "PK\x03\x04\0"}}, "a.pdb is not a text file"),
        ({"open_run": "/nowhere"}, "no readable run"),
        ({"export": "pdb"}, "Press Run first"),
        ({"fork": 3}, "branch"),
        ({"guidance": "magic"}, "Unknown guidance 'magic'"),
        ({"select_branch": "Q"}, "no branch 'Q'"),
    ],
)
def test_a_refused_message_is_a_notice_and_changes_nothing(controller, message, says):
    state = controller.state
    before = (
        state.session.config,
        state.session.current,
        len(state.session.branches),
    )
    controller.receive(message)
    assert state.notice and says in state.notice
    assert before == (
        state.session.config,
        state.session.current,
        len(state.session.branches),
    )
    assert view_model.header(state, 1)["message"] == state.notice
    controller.receive({"dismiss": True})
    assert state.notice == ""


def test_seeking_shows_earlier_steps_and_live_the_newest(controller):
    state = controller.state
    play(controller)
    controller.receive({"seek": 2})
    assert state.frame.step == 2
    panel = view_model.timeline(state)
    assert (panel["step"], panel["live"]) == (2, False)
    controller.receive({"seek": None})
    assert state.frame.step == 5


def test_a_branch_with_another_gamma_is_listed_and_compared(controller):
    state = controller.state
    play(controller)
    controller.receive({"fork": 2})
    assert state.session.player.wait(Status.PAUSED)
    controller.receive({"set_parameters": {"gamma": 0.0}})
    play(controller)
    controller.receive({"compare": "A", "rename": {"name": "B", "title": "γ off"}})
    panel = view_model.timeline(state)
    assert [b["title"] for b in panel["branches"]] == ["A", "γ off"]
    assert panel["branches"][1]["flags"] == [{"step": 3, "text": "γ 1→0"}]
    assert (panel["current"], panel["compared"]) == ("B", "A")


def test_a_branch_is_never_compared_with_itself(controller):
    state = controller.state
    play(controller)
    controller.receive({"new_run": True})
    controller.receive({"new_run": True})
    assert [branch.name for branch in state.session.branches] == ["A", "B", "C"]
    controller.receive({"select_branch": "A"})
    controller.receive({"compare": "C"})
    controller.receive({"remove": "A"})
    assert (state.session.current.name, state.compared) == ("C", None)
    controller.receive({"compare": "B"})
    controller.receive({"remove": "B"})
    assert state.compared is None


def test_starting_from_the_folded_structure(controller):
    state = controller.state
    controller.receive({"settings": {"t_start": 0.2}})
    assert state.session.player.wait(Status.READY), state.session.player.error
    assert state.session.current.run.state.t == pytest.approx(0.2)
    controller.receive({"settings": {"t_start": 1.0}})
    assert state.session.player.wait(Status.READY), state.session.player.error


def test_another_protein_and_another_model(controller, tmp_path):
    state = controller.state
    controller.receive({"settings": {"protein": "trp-cage"}})
    assert state.session.system.name == "trp-cage"
    assert controller._screen.calls[-1] == ("rebuild",)
    assert state.session.start.atoms.sequence == state.session.system.sequence
    before = state.session
    controller.receive({"settings": {"model": str(tmp_path / "nothing.ckpt")}})
    deadline = time.monotonic() + 10
    while ("refresh",) not in controller._screen.calls and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "nothing.ckpt" in state.notice
    assert state.session is before, "the last good state"


def test_fixed_residues_are_set_and_cleared(controller):
    state = controller.state
    controller.receive({"fix_residues": "3-7"})
    play(controller)
    assert state.session.current.run.fixed_residues.residues == "3-7"
    assert view_model.header(state, 1)["fixed"] == "residues 3-7 fixed"
    assert view_model.parameters(state, ())["settings"]["fixed"] == "3-7"
    assert "residues 3-7 fixed as in folded structure, 5AWL" in settings_line(
        state.session.current, state.frame
    )
    controller.receive({"fix_residues": "3-70"})
    assert "do not all exist" in state.notice
    assert state.session.start.fixed == "3-7"
    controller.receive({"list_runs": True})
    assert state.saved_runs[0]["label"].endswith("residues 3-7 fixed")
    controller.receive({"fix_residues": ""})
    assert state.session.player.wait(Status.READY)
    assert state.session.current.run.fixed_residues is None
    assert view_model.header(state, 1)["fixed"] == ""


def test_residues_can_be_fixed_as_in_an_uploaded_structure(controller, data_dir):
    state = controller.state
    text = (data_dir / "chignolin_heavy.pdb").read_text()
    controller.receive({"fix_residues": "3-7"})
    controller.receive({"structure": {"name": "mine.pdb", "text": text}})
    assert (state.session.start.name, state.session.start.fixed) == (
        "mine.pdb",
        "3-7",
    )
    assert state.session.config.t_start == 1, "residues are fixed in runs from noise, as before"


def test_models_used_before_stay_on_offer_with_their_arguments(
    controller, tiny_network, write_lightning, tmp_path
):
    state = controller.state
    path = write_lightning(
        tmp_path / "mine.ckpt",
        tiny_network(conditional=True, seed=1, head="force"),
        tiny_network(conditional=False, seed=2),
    )

    def wait_for_system(name, value):
        deadline = time.monotonic() + 10
        while getattr(state.session.system, name) != value and time.monotonic() < deadline:
            time.sleep(0.01)
        assert getattr(state.session.system, name) == value, state.notice

    controller._use_system(load_system("chignolin", model=str(path), representation="one-hot"))
    controller.receive({"settings": {"model": None}})
    wait_for_system("model", None)
    offered = view_model.parameters(state, ())["choices"]["model"]
    assert {"value": str(path), "label": "mine.ckpt", "disabled_reason": ""} in offered
    controller.receive({"settings": {"model": str(path)}})
    wait_for_system("model", str(path))
    assert state.session.system.representation == "one-hot"
    controller.receive({"settings": {"protein": "ACDEFGHIK"}})
    wait_for_system("sequence", "ACDEFGHIK")
    assert state.session.system.representation == "one-hot"


def test_a_guidance_network_is_kept_with_the_bundled_model(
    controller, tiny_network, write_lightning, tmp_path
):
    state = controller.state
    path = write_lightning(
        tmp_path / "head.ckpt",
        tiny_network(conditional=True, seed=1, head="energy"),
        tiny_network(conditional=False, seed=2),
    )
    sources = {"guidance_network": str(path), "representation": "one-hot"}
    controller._use_system(load_system("chignolin", **sources))
    choices = view_model.parameters(state, ())["guidance"]["choices"]
    assert [bool(choice["disabled_reason"]) for choice in choices] == [False, False, True, False]
    controller.receive({"export": "code"})
    assert f"guidance_network={str(path)!r}" in controller._screen.calls[-1][1].text
    controller.receive({"settings": {"protein": "trp-cage"}})
    wait_for(lambda: state.session.system.name == "trp-cage")
    assert state.session.system.network_sources == sources


def test_the_kinds_of_guidance_come_from_the_registry(controller, monkeypatch):
    force = KINDS["force"]
    other = dataclasses.replace(force, label="other", eta_range=(0.0, 7.0), default_eta=2.0)
    monkeypatch.setitem(KINDS, "other", other)
    monkeypatch.setattr(type(controller.state.session.system), "guidance_unavailable",
                        lambda self, kind: "" if kind == "other" else "no head")  # fmt: skip
    controller.state.session.configure(guidance="other")
    panel = view_model.parameters(controller.state, ())
    assert panel["guidance"]["choices"][-1] == {
        "value": "other", "label": "other", "disabled_reason": ""
    }  # fmt: skip
    assert (panel["eta"]["max"], panel["eta"]["default"]) == (7.0, 2.0)


def test_each_solver_has_its_default_steps(controller):
    state = controller.state
    controller.receive({"settings": {"solver": "em"}})
    assert (state.session.config.solver, state.session.config.steps) == (
        "em",
        1000,
    )
    controller.receive({"settings": {"solver": "heun"}})
    assert (
        state.session.config.steps,
        state.session.config.stochasticity,
    ) == (
        DEFAULT_STEPS,
        0.0,
    )


def test_the_seed_is_locked_when_it_is_typed(controller):
    state = controller.state
    controller.receive({"seed": {"value": 11, "locked": True}})
    controller.receive({"transport": "restart"})
    assert state.session.config.seed == 11
    controller.receive({"seed": {"value": 11, "locked": False}})
    controller.receive({"transport": "restart"})
    assert state.session.config.seed != 11


def test_the_table_has_a_row_per_conformer_and_a_description(controller):
    state = controller.state
    assert view_model.ensemble(state)["values"]["conformer"] == []
    play(controller)
    panel = view_model.ensemble(state)
    assert panel["values"]["conformer"] == [0, 1, 2]
    assert panel["description"] == "3 conformers · result"
    assert len(panel["problems"]) == 3


@pytest.mark.parametrize("kind", ["pdb", "xtc", "csv"])
def test_exports_deliver_a_file(controller, kind):
    play(controller)
    controller.receive({"export": kind})
    (name, export) = controller._screen.calls[-1]
    assert name == "deliver"
    assert export.name.startswith("chignolin-A-step5.")
    assert len(export.data) > 200


def csv_rows(controller):
    controller.receive({"export": "csv"})
    export = controller._screen.calls[-1][1]
    return list(csv.DictReader(io.StringIO(export.data.decode()))), export.message


def add_clashes(controller, *conformers):
    """Replace the last frame by one with clashes in these conformers only."""
    branch = controller.state.session.current
    valid = np.ones_like(branch.last.valid)
    valid[list(conformers), 0] = False
    branch.frames[branch.last.step] = dataclasses.replace(branch.last, valid=valid)


def test_the_csv_contains_all_rows_even_if_the_page_does_not(controller, monkeypatch):
    monkeypatch.setattr(view_model, "MAX_ROWS", 2)
    play(controller)
    state = view_model.ensemble(controller.state)
    assert (len(state["values"]["conformer"]), state["validity"]["count"]) == (2, 3)
    rows, message = csv_rows(controller)
    assert [row["conformer"] for row in rows] == ["0", "1", "2"]
    assert "3 of 3 conformers" in message


def test_invalid_conformers_are_counted_and_can_be_left_out(controller):
    state = controller.state
    play(controller)
    add_clashes(controller, 1)
    panel = view_model.ensemble(state)
    assert panel["validity"] == {"count": 3, "valid": 2, "clash": 1, "broken": 0}
    assert panel["problems"] == ["", "clash", ""]
    assert panel["export_scope"] == "Export all 3 conformers:"
    controller.receive({"only_valid": True})
    assert view_model.ensemble(state)["export_scope"] == "Export 2 valid conformers:"
    rows, message = csv_rows(controller)
    assert [row["conformer"] for row in rows] == ["0", "2"]
    assert "2 of 3 conformers" in message


def test_files_contain_the_selected_conformers(controller, tmp_path):
    state = controller.state
    play(controller)
    controller.select_conformers([2, 0])
    assert view_model.ensemble(state)["export_scope"] == "Export 2 selected conformers:"
    controller.receive({"export": "pdb"})
    file = tmp_path / "some.pdb"
    file.write_bytes(controller._screen.calls[-1][1].data)
    ca = mdtraj.load(file).atom_slice(mdtraj.load(file).topology.select("name CA")).xyz * 10
    expected = state.frame.atom14[[0, 2], :, 1]
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(ca, axis=1), axis=-1),
        np.linalg.norm(np.diff(expected, axis=1), axis=-1),
        atol=5e-3,
    )


def test_an_export_of_nothing_is_refused(controller):
    play(controller)
    add_clashes(controller, 1)
    controller.select_conformers([1])
    controller.receive({"only_valid": True})
    controller.receive({"export": "pdb"})
    assert "None of these conformers is valid" in controller.state.notice
    assert not controller._screen.calls


def test_copied_code_is_not_reported_before_the_clipboard_has_it(controller):
    controller.receive({"export": "code"})
    export = controller._screen.calls[-1][1]
    assert export.message == "" and "Run(" in export.text


def test_a_restored_run_shows_its_folder_and_times(controller):
    state = controller.state
    play(controller)
    assert view_model.header(state, 1)["restored"] == ""
    times = view_model.timeline(state)["times"]
    assert times[0] == 1 and times[-1] == 0 and len(times) == 6
    finished = state.session.current
    folder = finished.folder
    controller.receive({"transport": "restart"})
    assert state.session.player.wait(Status.RUNNING, Status.FINISHED)
    controller.receive({"remove": finished.name})
    controller.receive({"open_run": str(folder)})
    state.session.current.run = None  # as if it could not be repeated
    assert view_model.header(state, 1)["restored"] == str(folder)
    assert view_model.timeline(state)["times"] == times


def test_the_self_check_reports_what_is_missing(controller):
    state = controller.state

    def checks():
        return {c["text"].split(":")[0]: c for c in view_model.header(state, 1)["checks"]}

    assert all(check["passed"] for check in checks().values()), checks()
    state.session.energies.unavailable_reason = "OpenMM is not installed."
    assert checks()["Energies"] == {"text": "Energies: unavailable. OpenMM is not installed.",
                                   "passed": False}  # fmt: skip
    assert checks()["Networks"]["passed"]


def test_exports_say_why_they_are_unavailable(controller):
    reasons = {
        e["kind"]: e["disabled_reason"] for e in view_model.ensemble(controller.state)["exports"]
    }
    assert reasons["code"] == "" and "no conformers yet" in reasons["pdb"]


def test_the_default_of_eta_depends_on_the_guidance(controller):
    state = controller.state
    assert view_model.parameters(state, ())["eta"]["default"] == 0
    state.session.configure(guidance="force")
    assert view_model.parameters(state, ())["eta"]["default"] == 1


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize("structure", ["folded", "mine"])
def test_the_code_loads_the_structure(controller, data_dir, saved, structure):
    state = controller.state
    path = data_dir / "chignolin_heavy.pdb"
    if structure == "mine":
        state.session.start = read_starting_structure(path, state.session.system.sequence)
    if not saved:
        state.session._run_factory.folder = None
    controller.receive({"settings": {"t_start": 0.4}})
    controller.receive({"fix_residues": "3-7"})
    play(controller)
    controller.receive({"export": "code"})
    code = controller._screen.calls[-1][1].text
    names = {"networks": state.session.system.load_networks("cpu")}
    exec(code.split("ensemble = ")[0].replace("system.load_networks('cpu')", "networks"), names)
    run, original = names["run"], state.session.current.run
    assert torch.equal(run.state.rigid.trans, original.state.rigid.trans)


def test_the_code_repeats_the_run(controller):
    controller.receive({"set_parameters": {"gamma": 0.4}})
    play(controller)
    controller.receive({"export": "code"})
    code = controller._screen.calls[-1][1].text
    compile(code, "code", "exec")
    assert "seed=1" in code and "run.gamma = 0.4" in code


def test_the_code_repeats_a_run_with_a_window_set_in_between(controller):
    session = controller.state.session
    for _ in range(2):
        controller.receive({"transport": "step"})
    wait_for(lambda: session.player.state is not None and session.player.state.step == 2)
    controller.receive({"set_windows": {"gamma": [1.0, 0.2]}})
    play(controller)
    controller.receive({"export": "code"})
    code = controller._screen.calls[-1][1].text
    assert "run.gamma = Schedule(" in code and "config = SamplerConfig(samples=3, steps=5" in code
    names = {"networks": session.system.load_networks("cpu")}
    exec(code.split("ensemble = ")[0].replace("system.load_networks('cpu')", "networks"), names)
    run, original = names["run"], session.current.run
    assert torch.equal(run.state.rigid.trans, original.state.rigid.trans)
    assert run.gammas == original.gammas and set(run.gammas) == {1.0, 0.0}


def snapshot_of(controller):
    """Everything that a message can change, except for the notice."""
    state = controller.state
    return (
        state.session,
        state.session.config,
        state.session.current,
        state.session.player.status,
        state.session.player.speed,
        state.session.seed_locked,
        list(state.session.branches),
        [branch.title for branch in state.session.branches],
        dataclasses.replace(state.display),
        state.step,
        state.compared,
        state.only_valid,
        list(state.saved_runs),
        list(controller._screen.calls),
    )


@pytest.mark.parametrize(
    "message",
    [
        {"jump": 3},
        {"_load": "trp-cage"},
        {"_attempt": None},
        {"receive": {"transport": "restart"}},
        {"__init__": None},
        {"__class__": "x"},
        {"state": None},
        {"": 1},
        {"only_valid": True, "jump": 3},
        ["transport", "play"],
        "play",
        None,
    ],
)
def test_unknown_messages_are_refused_as_a_whole(controller, message):
    before = snapshot_of(controller)
    controller.receive(message)
    assert "Reload the page" in controller.state.notice
    assert snapshot_of(controller) == before


@pytest.mark.parametrize(
    "message",
    [
        {"transport": "_restart"},
        {"transport": "close"},
        {"transport": "set_speed"},
        {"transport": 1},
        {"seek": "2"},
        {"seek": 2.5},
        {"fork": None},
        {"fork": True},
        {"seed": 7},
        {"seed": {"value": 7}},
        {"seed": {"value": "7", "locked": True}},
        {"seed": {"value": float("inf"), "locked": True}},
        {"speed": "fast"},
        {"dark": "yes"},
        {"font_size": None},
        {"set_parameters": {"gamma": "1"}},
        {"set_parameters": {"theta": 1.0}},
        {"set_parameters": 1.0},
        {"set_windows": {"gamma": [1.0]}},
        {"set_windows": {"eta": "10"}},
        {"guidance": None},
        {"settings": []},
        {"settings": {"samples": "many"}},
        {"settings": {"resample": 0.5}},
        {"settings": {"gamma": 0.5}},
        {"structure": {"name": "a.pdb"}},
        {"fix_residues": 3},
        {"select_branch": 0},
        {"compare": "Q"},
        {"remove": None},
        {"rename": {"name": "A"}},
        {"set_option": {"key": "set", "value": 1}},
        {"set_option": {"key": "__class__", "value": "x"}},
        {"set_option": {"key": "selected", "value": [1]}},
        {"set_option": {"key": "style", "value": "spheres"}},
        {"set_option": {"key": "ghost", "value": "false"}},
        {"set_option": {"key": "overlay", "value": False}},
        {"set_option": {"key": "view", "value": "energy"}},
        {"set_option": {"key": "view", "value": ["rmsf"]}},
        {"select_conformers": 1},
        {"select_conformers": ["1"]},
        {"only_valid": 1},
        {"export": 1},
        {"open_run": None},
    ],
)
def test_unusable_values_are_refused(controller, message):
    state = controller.state
    before = snapshot_of(controller)
    controller.receive(message)
    assert state.notice and "Internal error" not in state.notice
    assert snapshot_of(controller) == before


def test_every_display_option_of_the_toolbar_is_accepted(controller):
    state = controller.state
    toolbar = state.display.toolbar("")
    for control in toolbar["controls"]:
        values = [choice["value"] for choice in control["choices"]] or [True, False]
        for value in values if control["kind"] != "button" else [None]:
            controller.receive({"set_option": {"key": control["key"], "value": value}})
            assert state.notice == ""
    assert controller._screen.calls == [("reset_view",)]
    assert (state.display.overlay, state.display.arrows) == (False, False)


def test_a_long_notice_keeps_what_to_do(controller, monkeypatch):
    def refuse(**_):
        raise SettingsError("The file " + "x" * 900 + " is damaged. Remove it.")

    monkeypatch.setattr(controller.state.session, "set_parameters", refuse)
    controller.receive({"set_parameters": {"gamma": 0.5}})
    notice = controller.state.notice
    assert len(notice) == 800
    assert notice.startswith("The file x") and notice.endswith(" is damaged. Remove it.")
