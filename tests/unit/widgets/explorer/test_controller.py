"""The desk: each message of a person, and what it leaves behind."""

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
    """Writes down what the desk asks for."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        return lambda *given: self.asked.append((name, *given))


@pytest.fixture
def desk(make_session, tmp_path):
    session = make_session(folder=tmp_path, steps=5, seed=1)
    session.start = folded_structure(session.subject)
    desk = ExplorerController(session, Screen(), folder=tmp_path)
    yield desk
    desk.session.close()


def play(desk):
    desk.hear({"do": "play"})
    assert desk.session.player.wait(Status.FINISHED)
    deadline = time.monotonic() + 10
    while len(desk.session.current.frames) < 6 and time.monotonic() < deadline:
        time.sleep(0.01)


def test_turning_gamma(desk):
    desk.hear({"turn": {"gamma": 0.4}})
    play(desk)
    assert desk.session.current.run.gammas == [0.4] * 5
    assert view_model.knobs(desk, ("chignolin",))["gamma"]["value"] == 0.4


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
def test_what_cannot_be_done_is_a_notice_and_changes_nothing(desk, message, says):
    before = desk.session.config, desk.session.current, len(desk.session.branches)
    desk.hear(message)
    assert desk.notice and says in desk.notice
    assert before == (desk.session.config, desk.session.current, len(desk.session.branches))
    assert view_model.header(desk, 1)["message"] == desk.notice
    desk.hear({"dismiss": True})
    assert desk.notice == ""


def test_scrubbing_looks_back_and_live_returns(desk):
    play(desk)
    desk.hear({"scrub": 2})
    assert desk.frame.step == 2
    state = view_model.timeline(desk)
    assert (state["at"], state["live"]) == (2, False)
    desk.hear({"scrub": None})
    assert desk.frame.step == 5


def test_a_branch_with_another_gamma_is_listed_and_compared(desk):
    play(desk)
    desk.hear({"fork": 2})
    assert desk.session.player.wait(Status.PAUSED)
    desk.hear({"turn": {"gamma": 0.0}})
    play(desk)
    desk.hear({"compare": "A", "rename": {"name": "B", "title": "γ off"}})
    state = view_model.timeline(desk)
    assert [b["title"] for b in state["branches"]] == ["A", "γ off"]
    assert state["branches"][1]["flags"] == [{"step": 3, "text": "γ 1→0"}]
    assert (state["current"], state["compared"]) == ("B", "A")


def test_a_branch_is_never_compared_with_itself(desk):
    play(desk)
    desk.hear({"add": True})
    desk.hear({"add": True})
    assert [branch.name for branch in desk.session.branches] == ["A", "B", "C"]
    desk.hear({"select": "A"})
    desk.hear({"compare": "C"})
    desk.hear({"remove": "A"})
    assert (desk.session.current.name, desk.compared) == ("C", None)
    desk.hear({"compare": "B"})
    desk.hear({"remove": "B"})
    assert desk.compared is None


def test_starting_from_the_folded_structure(desk):
    desk.hear({"settings": {"t_start": 0.2}})
    assert desk.session.player.wait(Status.READY), desk.session.player.error
    assert desk.session.current.run.state.t == pytest.approx(0.2)
    desk.hear({"settings": {"t_start": 1.0}})
    assert desk.session.player.wait(Status.READY), desk.session.player.error


def test_another_protein_and_another_model(desk, tmp_path):
    desk.hear({"settings": {"protein": "trp-cage"}})
    assert desk.session.subject.name == "trp-cage"
    assert desk._screen.asked[-1] == ("rebuild",)
    assert desk.session.start.atoms.sequence == desk.session.subject.sequence
    kept = desk.session
    desk.hear({"settings": {"model": str(tmp_path / "nothing.ckpt")}})
    deadline = time.monotonic() + 10
    while ("refresh",) not in desk._screen.asked and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "nothing.ckpt" in desk.notice
    assert desk.session is kept, "the last good state"


def test_residues_are_held_and_let_go(desk):
    desk.hear({"fix": "3-7"})
    play(desk)
    assert desk.session.current.run.restraint.residues == "3-7"
    assert view_model.header(desk, 1)["held"] == "residues 3-7 held"
    assert view_model.knobs(desk, ())["settings"]["fixed"] == "3-7"
    assert "residues 3-7 held as in folded structure, 5AWL" in settings_line(
        desk.session.current, desk.frame
    )
    desk.hear({"fix": "3-70"})
    assert "not all there" in desk.notice
    assert desk.session.start.fixed == "3-7"
    desk.hear({"list": True})
    assert desk.runs[0]["label"].endswith("3-7 held")
    desk.hear({"fix": ""})
    assert desk.session.player.wait(Status.READY)
    assert desk.session.current.run.restraint is None
    assert view_model.header(desk, 1)["held"] == ""


def test_a_structure_of_ones_own_to_hold_residues_of(desk, data_dir):
    text = (data_dir / "chignolin_heavy.pdb").read_text()
    desk.hear({"fix": "3-7"})
    desk.hear({"structure": {"name": "mine.pdb", "text": text}})
    assert (desk.session.start.name, desk.session.start.fixed) == ("mine.pdb", "3-7")
    assert desk.session.config.t_start == 1, "held in runs from noise, as before"


def test_models_that_were_given_stay_on_offer_with_what_goes_with_them(
    desk, tiny_network, write_lightning, tmp_path
):
    path = write_lightning(
        tmp_path / "mine.ckpt",
        tiny_network(conditional=True, seed=1, head="force"),
        tiny_network(conditional=False, seed=2),
    )

    def wait_for(name, value):
        deadline = time.monotonic() + 10
        while getattr(desk.session.subject, name) != value and time.monotonic() < deadline:
            time.sleep(0.01)
        assert getattr(desk.session.subject, name) == value, desk.notice

    desk._take(load_system("chignolin", str(path), representation="one-hot"))
    desk.hear({"settings": {"model": None}})
    wait_for("model", None)
    offered = view_model.knobs(desk, ())["choices"]["model"]
    assert {"value": str(path), "label": "mine.ckpt", "why": ""} in offered
    desk.hear({"settings": {"model": str(path)}})
    wait_for("model", str(path))
    assert desk.session.subject.representation == "one-hot"
    desk.hear({"settings": {"protein": "ACDEFGHIK"}})
    wait_for("sequence", "ACDEFGHIK")
    assert desk.session.subject.representation == "one-hot"


def test_each_solver_comes_with_its_usual_steps(desk):
    desk.hear({"settings": {"solver": "em"}})
    assert (desk.session.config.solver, desk.session.config.steps) == ("em", 1000)
    desk.hear({"settings": {"solver": "heun"}})
    assert (desk.session.config.steps, desk.session.config.stochasticity) == (view_model.STEPS, 0.0)


def test_the_seed_is_locked_when_it_is_typed(desk):
    desk.hear({"seed": {"value": 11, "locked": True}})
    desk.hear({"do": "restart"})
    assert desk.session.config.seed == 11
    desk.hear({"seed": {"value": 11, "locked": False}})
    desk.hear({"do": "restart"})
    assert desk.session.config.seed != 11


def test_the_table_has_a_row_a_conformer_and_says_what_it_is_of(desk):
    assert view_model.ensemble(desk)["values"]["conformer"] == []
    play(desk)
    state = view_model.ensemble(desk)
    assert state["values"]["conformer"] == [0, 1, 2]
    assert state["of"] == "3 conformers · result"
    assert len(state["flaws"]) == 3


@pytest.mark.parametrize("kind", ["pdb", "xtc", "csv"])
def test_exports_hand_over_a_file(desk, kind):
    play(desk)
    desk.hear({"export": kind})
    (name, export) = desk._screen.asked[-1]
    assert name == "hand_over"
    assert export.name.startswith("chignolin-A-step5.")
    assert len(export.data) > 200


def csv_rows(desk):
    desk.hear({"export": "csv"})
    export = desk._screen.asked[-1][1]
    return list(csv.DictReader(io.StringIO(export.data.decode()))), export.told


def make_flawed(desk, *conformers):
    """The last frame, with a clash in some conformers and none in the others."""
    branch = desk.session.current
    sound = np.ones_like(branch.last.sound)
    sound[list(conformers), 0] = False
    branch.frames[branch.last.step] = dataclasses.replace(branch.last, sound=sound)


def test_the_csv_is_whole_where_the_page_is_not(desk, monkeypatch):
    monkeypatch.setattr(view_model, "MOST_ROWS", 2)
    play(desk)
    state = view_model.ensemble(desk)
    assert (len(state["values"]["conformer"]), state["count"]) == (2, 3)
    rows, told = csv_rows(desk)
    assert [row["conformer"] for row in rows] == ["0", "1", "2"]
    assert "3 of 3 conformers" in told


def test_what_is_kept_is_counted(desk):
    play(desk)
    make_flawed(desk, 1)
    state = view_model.ensemble(desk)
    assert state["kept"] == {"sound": 2, "clash": 1, "broken": 0}
    assert state["takes"] == "all 3 conformers as"
    desk.hear({"only_sound": True})
    assert view_model.ensemble(desk)["takes"] == "2 sound conformers as"
    rows, told = csv_rows(desk)
    assert [row["conformer"] for row in rows] == ["0", "2"]
    assert "2 of 3 conformers" in told


def test_files_hold_the_selected_conformers(desk, tmp_path):
    play(desk)
    desk.choose([2, 0])
    assert view_model.ensemble(desk)["takes"] == "2 selected conformers as"
    desk.hear({"export": "pdb"})
    file = tmp_path / "some.pdb"
    file.write_bytes(desk._screen.asked[-1][1].data)
    ca = mdtraj.load(file).atom_slice(mdtraj.load(file).topology.select("name CA")).xyz * 10
    expected = desk.frame.atom14[[0, 2], :, 1]
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(ca, axis=1), axis=-1),
        np.linalg.norm(np.diff(expected, axis=1), axis=-1),
        atol=5e-3,
    )


def test_an_export_of_nothing_is_refused(desk):
    play(desk)
    make_flawed(desk, 1)
    desk.choose([1])
    desk.hear({"only_sound": True})
    desk.hear({"export": "pdb"})
    assert "None of these conformers is sound" in desk.notice
    assert not desk._screen.asked


def test_no_claim_that_a_clipboard_has_the_code(desk):
    desk.hear({"export": "code"})
    export = desk._screen.asked[-1][1]
    assert export.told == "" and "Run(" in export.text


def test_a_restored_run_says_so_and_knows_its_times(desk):
    play(desk)
    assert view_model.header(desk, 1)["restored"] == ""
    times = view_model.timeline(desk)["times"]
    assert times[0] == 1 and times[-1] == 0 and len(times) == 6
    folder = desk.session.current.folder
    desk.hear({"do": "restart"})
    desk.session.player.wait(Status.FINISHED)
    desk.hear({"open": str(folder)})
    desk.session.current.run = None  # as where it cannot be repeated
    assert view_model.header(desk, 1)["restored"] == str(folder)
    assert view_model.timeline(desk)["times"] == times


def test_the_self_check_says_what_is_missing(desk):
    def found():
        return {c["text"].split(":")[0]: c for c in view_model.header(desk, 1)["checks"]}

    assert all(check["good"] for check in found().values()), found()
    desk.session.energies.why = "OpenMM is not installed."
    assert found()["Energies"] == {"text": "Energies: none. OpenMM is not installed.",
                                   "good": False}  # fmt: skip
    assert found()["Networks"]["good"]


def test_exports_say_why_they_wait(desk):
    why = {e["kind"]: e["why"] for e in view_model.ensemble(desk)["exports"]}
    assert why["code"] == "" and "no conformers yet" in why["pdb"]


def test_eta_goes_back_to_what_guidance_begins_with(desk):
    assert view_model.knobs(desk, ())["eta"]["default"] == 0
    desk._configure(guidance="force")
    assert view_model.knobs(desk, ())["eta"]["default"] == 1


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize("structure", ["folded", "mine"])
def test_the_code_brings_the_structure(desk, data_dir, saved, structure):
    path = data_dir / "chignolin_heavy.pdb"
    if structure == "mine":
        desk.session.start = read_starting_structure(path, desk.session.subject.sequence)
    if not saved:
        desk.session._maker.folder = None
    desk.hear({"settings": {"t_start": 0.4}})
    desk.hear({"fix": "3-7"})
    play(desk)
    desk.hear({"export": "code"})
    code = desk._screen.asked[-1][1].text
    given = {"mix": desk.session.subject.mix("cpu")}
    exec(code.split("ensemble = ")[0].replace("subject.mix('cpu')", "mix"), given)
    run, here = given["run"], desk.session.current.run
    assert torch.equal(run.state.rigid.trans, here.state.rigid.trans)


def test_the_code_repeats_the_run(desk):
    desk.hear({"turn": {"gamma": 0.4}})
    play(desk)
    desk.hear({"export": "code"})
    code = desk._screen.asked[-1][1].text
    compile(code, "code", "exec")
    assert "seed=1" in code and "run.gamma = 0.4" in code
