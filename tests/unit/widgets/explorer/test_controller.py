"""The controller: each message of a person, and what it leaves behind."""

from __future__ import annotations

import csv
import dataclasses
import io
import time

import mdtraj
import numpy as np
import pytest
import torch

from confdiff_widgets.live import Status
from confdiff_widgets.proteins.starting_structure import folded_structure, read_starting_structure
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.widgets.explorer import view_model
from confdiff_widgets.widgets.explorer.captions import settings_line
from confdiff_widgets.widgets.explorer.controller import ExplorerController


class Screen:
    """Writes down what the controller asks for."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        return lambda *given: self.asked.append((name, *given))


@pytest.fixture
def controller(make_session, tmp_path):
    session = make_session(folder=tmp_path, steps=5, seed=1)
    session.start = folded_structure(session.system)
    controller = ExplorerController(session, Screen(), folder=tmp_path)
    yield controller
    controller.session.close()


def play(controller):
    controller.hear({"do": "play"})
    assert controller.session.player.wait(Status.FINISHED)
    deadline = time.monotonic() + 10
    while len(controller.session.current.frames) < 6 and time.monotonic() < deadline:
        time.sleep(0.01)


def test_turning_gamma(controller):
    controller.hear({"turn": {"gamma": 0.4}})
    play(controller)
    assert controller.session.current.run.gammas == [0.4] * 5
    assert view_model.knobs(controller, ("chignolin",))["gamma"]["value"] == 0.4


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"turn": {"gamma": float("nan")}}, "finite"),
        ({"turn": {"eta": 1e9}}, "physical term"),
        ({"settings": {"samples": 0}}, "at least 1"),
        ({"settings": {"protein": "chignolen"}}, "Did you mean chignolin"),
        ({"structure": {"name": "a.txt", "text": ""}}, ".pdb or .cif"),
        ({"structure": {"name": "a.pdb", "text": "no atoms here"}}, ""),
        ({"open": "/nowhere"}, "no readable run"),
        ({"export": "pdb"}, "run first"),
        ({"fork": 3}, "branch"),
        ({"guidance": "magic"}, "magic head"),
        ({"select": "Q"}, "no branch 'Q'"),
    ],
)
def test_what_cannot_be_done_is_a_notice_and_changes_nothing(controller, message, says):
    before = controller.session.config, controller.session.current, len(controller.session.branches)
    controller.hear(message)
    assert controller.notice and says in controller.notice
    assert before == (
        controller.session.config,
        controller.session.current,
        len(controller.session.branches),
    )
    assert view_model.header(controller, 1)["message"] == controller.notice
    controller.hear({"dismiss": True})
    assert controller.notice == ""


def test_scrubbing_looks_back_and_live_returns(controller):
    play(controller)
    controller.hear({"scrub": 2})
    assert controller.frame.step == 2
    state = view_model.timeline(controller)
    assert (state["at"], state["live"]) == (2, False)
    controller.hear({"scrub": None})
    assert controller.frame.step == 5


def test_a_branch_with_another_gamma_is_listed_and_compared(controller):
    play(controller)
    controller.hear({"fork": 2})
    assert controller.session.player.wait(Status.PAUSED)
    controller.hear({"turn": {"gamma": 0.0}})
    play(controller)
    controller.hear({"compare": "A", "rename": {"name": "B", "title": "γ off"}})
    state = view_model.timeline(controller)
    assert [b["title"] for b in state["branches"]] == ["A", "γ off"]
    assert state["branches"][1]["flags"] == [{"step": 3, "text": "γ 1→0"}]
    assert (state["current"], state["compared"]) == ("B", "A")


def test_a_branch_is_never_compared_with_itself(controller):
    play(controller)
    controller.hear({"add": True})
    controller.hear({"add": True})
    assert [branch.name for branch in controller.session.branches] == ["A", "B", "C"]
    controller.hear({"select": "A"})
    controller.hear({"compare": "C"})
    controller.hear({"remove": "A"})
    assert (controller.session.current.name, controller.compared) == ("C", None)
    controller.hear({"compare": "B"})
    controller.hear({"remove": "B"})
    assert controller.compared is None


def test_starting_from_the_folded_structure(controller):
    controller.hear({"settings": {"t_start": 0.2}})
    assert controller.session.player.wait(Status.READY), controller.session.player.error
    assert controller.session.current.run.state.t == pytest.approx(0.2)
    controller.hear({"settings": {"t_start": 1.0}})
    assert controller.session.player.wait(Status.READY), controller.session.player.error


def test_another_protein_and_another_model(controller, tmp_path):
    controller.hear({"settings": {"protein": "trp-cage"}})
    assert controller.session.system.name == "trp-cage"
    assert controller._screen.asked[-1] == ("rebuild",)
    assert controller.session.start.atoms.sequence == controller.session.system.sequence
    kept = controller.session
    controller.hear({"settings": {"model": str(tmp_path / "nothing.ckpt")}})
    deadline = time.monotonic() + 10
    while ("refresh",) not in controller._screen.asked and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "nothing.ckpt" in controller.notice
    assert controller.session is kept, "the last good state"


def test_residues_are_held_and_let_go(controller):
    controller.hear({"fix": "3-7"})
    play(controller)
    assert controller.session.current.run.fixed_residues.residues == "3-7"
    assert view_model.header(controller, 1)["held"] == "residues 3-7 held"
    assert view_model.knobs(controller, ())["settings"]["fixed"] == "3-7"
    assert "residues 3-7 held as in folded structure, 5AWL" in settings_line(
        controller.session.current, controller.frame
    )
    controller.hear({"fix": "3-70"})
    assert "not all there" in controller.notice
    assert controller.session.start.fixed == "3-7"
    controller.hear({"list": True})
    assert controller.runs[0]["label"].endswith("3-7 held")
    controller.hear({"fix": ""})
    assert controller.session.player.wait(Status.READY)
    assert controller.session.current.run.fixed_residues is None
    assert view_model.header(controller, 1)["held"] == ""


def test_a_structure_of_ones_own_to_hold_residues_of(controller, data_dir):
    text = (data_dir / "chignolin_heavy.pdb").read_text()
    controller.hear({"fix": "3-7"})
    controller.hear({"structure": {"name": "mine.pdb", "text": text}})
    assert (controller.session.start.name, controller.session.start.fixed) == ("mine.pdb", "3-7")
    assert controller.session.config.t_start == 1, "held in runs from noise, as before"


def test_models_that_were_given_stay_on_offer_with_what_goes_with_them(
    controller, tiny_network, write_lightning, tmp_path
):
    path = write_lightning(
        tmp_path / "mine.ckpt",
        tiny_network(conditional=True, seed=1, head="force"),
        tiny_network(conditional=False, seed=2),
    )

    def wait_for(name, value):
        deadline = time.monotonic() + 10
        while getattr(controller.session.system, name) != value and time.monotonic() < deadline:
            time.sleep(0.01)
        assert getattr(controller.session.system, name) == value, controller.notice

    controller._take(load_system("chignolin", str(path), representation="one-hot"))
    controller.hear({"settings": {"model": None}})
    wait_for("model", None)
    offered = view_model.knobs(controller, ())["choices"]["model"]
    assert {"value": str(path), "label": "mine.ckpt", "why": ""} in offered
    controller.hear({"settings": {"model": str(path)}})
    wait_for("model", str(path))
    assert controller.session.system.representation == "one-hot"
    controller.hear({"settings": {"protein": "ACDEFGHIK"}})
    wait_for("sequence", "ACDEFGHIK")
    assert controller.session.system.representation == "one-hot"


def test_each_solver_comes_with_its_usual_steps(controller):
    controller.hear({"settings": {"solver": "em"}})
    assert (controller.session.config.solver, controller.session.config.steps) == ("em", 1000)
    controller.hear({"settings": {"solver": "heun"}})
    assert (controller.session.config.steps, controller.session.config.stochasticity) == (
        view_model.STEPS,
        0.0,
    )


def test_the_seed_is_locked_when_it_is_typed(controller):
    controller.hear({"seed": {"value": 11, "locked": True}})
    controller.hear({"do": "restart"})
    assert controller.session.config.seed == 11
    controller.hear({"seed": {"value": 11, "locked": False}})
    controller.hear({"do": "restart"})
    assert controller.session.config.seed != 11


def test_the_table_has_a_row_a_conformer_and_says_what_it_is_of(controller):
    assert view_model.ensemble(controller)["values"]["conformer"] == []
    play(controller)
    state = view_model.ensemble(controller)
    assert state["values"]["conformer"] == [0, 1, 2]
    assert state["of"] == "3 conformers · result"
    assert len(state["flaws"]) == 3


@pytest.mark.parametrize("kind", ["pdb", "xtc", "csv"])
def test_exports_hand_over_a_file(controller, kind):
    play(controller)
    controller.hear({"export": kind})
    (name, export) = controller._screen.asked[-1]
    assert name == "hand_over"
    assert export.name.startswith("chignolin-A-step5.")
    assert len(export.data) > 200


def csv_rows(controller):
    controller.hear({"export": "csv"})
    export = controller._screen.asked[-1][1]
    return list(csv.DictReader(io.StringIO(export.data.decode()))), export.told


def make_flawed(controller, *conformers):
    """The last frame, with a clash in some conformers and none in the others."""
    branch = controller.session.current
    sound = np.ones_like(branch.last.valid)
    sound[list(conformers), 0] = False
    branch.frames[branch.last.step] = dataclasses.replace(branch.last, valid=sound)


def test_the_csv_is_whole_where_the_page_is_not(controller, monkeypatch):
    monkeypatch.setattr(view_model, "MOST_ROWS", 2)
    play(controller)
    state = view_model.ensemble(controller)
    assert (len(state["values"]["conformer"]), state["count"]) == (2, 3)
    rows, told = csv_rows(controller)
    assert [row["conformer"] for row in rows] == ["0", "1", "2"]
    assert "3 of 3 conformers" in told


def test_what_is_kept_is_counted(controller):
    play(controller)
    make_flawed(controller, 1)
    state = view_model.ensemble(controller)
    assert state["kept"] == {"sound": 2, "clash": 1, "broken": 0}
    assert state["takes"] == "all 3 conformers as"
    controller.hear({"only_sound": True})
    assert view_model.ensemble(controller)["takes"] == "2 sound conformers as"
    rows, told = csv_rows(controller)
    assert [row["conformer"] for row in rows] == ["0", "2"]
    assert "2 of 3 conformers" in told


def test_files_hold_the_selected_conformers(controller, tmp_path):
    play(controller)
    controller.choose([2, 0])
    assert view_model.ensemble(controller)["takes"] == "2 selected conformers as"
    controller.hear({"export": "pdb"})
    file = tmp_path / "some.pdb"
    file.write_bytes(controller._screen.asked[-1][1].data)
    ca = mdtraj.load(file).atom_slice(mdtraj.load(file).topology.select("name CA")).xyz * 10
    expected = controller.frame.atom14[[0, 2], :, 1]
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(ca, axis=1), axis=-1),
        np.linalg.norm(np.diff(expected, axis=1), axis=-1),
        atol=5e-3,
    )


def test_an_export_of_nothing_is_refused(controller):
    play(controller)
    make_flawed(controller, 1)
    controller.choose([1])
    controller.hear({"only_sound": True})
    controller.hear({"export": "pdb"})
    assert "None of these conformers is sound" in controller.notice
    assert not controller._screen.asked


def test_no_claim_that_a_clipboard_has_the_code(controller):
    controller.hear({"export": "code"})
    export = controller._screen.asked[-1][1]
    assert export.told == "" and "Run(" in export.text


def test_a_restored_run_says_so_and_knows_its_times(controller):
    play(controller)
    assert view_model.header(controller, 1)["restored"] == ""
    times = view_model.timeline(controller)["times"]
    assert times[0] == 1 and times[-1] == 0 and len(times) == 6
    folder = controller.session.current.folder
    controller.hear({"do": "restart"})
    controller.session.player.wait(Status.FINISHED)
    controller.hear({"open": str(folder)})
    controller.session.current.run = None  # as where it cannot be repeated
    assert view_model.header(controller, 1)["restored"] == str(folder)
    assert view_model.timeline(controller)["times"] == times


def test_the_self_check_says_what_is_missing(controller):
    def found():
        return {c["text"].split(":")[0]: c for c in view_model.header(controller, 1)["checks"]}

    assert all(check["good"] for check in found().values()), found()
    controller.session.energies.unavailable_reason = "OpenMM is not installed."
    assert found()["Energies"] == {"text": "Energies: none. OpenMM is not installed.",
                                   "good": False}  # fmt: skip
    assert found()["Networks"]["good"]


def test_exports_say_why_they_wait(controller):
    why = {e["kind"]: e["why"] for e in view_model.ensemble(controller)["exports"]}
    assert why["code"] == "" and "no conformers yet" in why["pdb"]


def test_eta_goes_back_to_what_guidance_begins_with(controller):
    assert view_model.knobs(controller, ())["eta"]["default"] == 0
    controller._configure(guidance="force")
    assert view_model.knobs(controller, ())["eta"]["default"] == 1


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize("structure", ["folded", "mine"])
def test_the_code_brings_the_structure(controller, data_dir, saved, structure):
    path = data_dir / "chignolin_heavy.pdb"
    if structure == "mine":
        controller.session.start = read_starting_structure(path, controller.session.system.sequence)
    if not saved:
        controller.session._run_factory.folder = None
    controller.hear({"settings": {"t_start": 0.4}})
    controller.hear({"fix": "3-7"})
    play(controller)
    controller.hear({"export": "code"})
    code = controller._screen.asked[-1][1].text
    given = {"mix": controller.session.system.load_networks("cpu")}
    exec(code.split("ensemble = ")[0].replace("system.load_networks('cpu')", "mix"), given)
    run, here = given["run"], controller.session.current.run
    assert torch.equal(run.state.rigid.trans, here.state.rigid.trans)


def test_the_code_repeats_the_run(controller):
    controller.hear({"turn": {"gamma": 0.4}})
    play(controller)
    controller.hear({"export": "code"})
    code = controller._screen.asked[-1][1].text
    compile(code, "code", "exec")
    assert "seed=1" in code and "run.gamma = 0.4" in code
