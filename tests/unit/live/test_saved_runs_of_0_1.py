"""Runs saved by version 0.1 open, show what they showed, continue and branch; so do new ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from confdiff_widgets.guidance import Schedule
from confdiff_widgets.live import Recording, Session, Status, saved_runs
from confdiff_widgets.live.recording import REPLAY_TOLERANCE, RunHeader
from confdiff_widgets.live.run_format import STEP_FILES
from confdiff_widgets.proteins.starting_structure import folded_structure
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import SamplerConfig

from ..sessions import play, positions
from ..waiting import wait_for

DATA = Path(__file__).parents[2] / "data" / "saved_runs_0.1"

WINDOW = Schedule(2.0, start=1.0, stop=0.05)
"""η of the guided run from step 2 on."""

CONFIGS = {
    "guided/01-A": SamplerConfig(samples=3, steps=6, seed=11, gamma=0.8, eta=1.0, guidance="force"),
    "guided/02-B": SamplerConfig(samples=3, steps=6, seed=11, gamma=0.8, eta=1.0, guidance="force"),
    "from_structure/01-A": SamplerConfig(samples=2, steps=4, seed=3, t_start=0.3),
}

ENERGIES = {
    "guided/01-A": {6: [-362.989, -408.031, -401.076]},
    "guided/02-B": {6: [-370.928, -400.517, -406.915]},
    "from_structure/01-A": {4: [-396.594, -394.386]},
}

RMSDS = {
    "guided/01-A": {
        1: [5.25912198, 5.29375761, 4.26475965],
        3: [3.49209187, 1.24595431, 2.09283399],
        6: [3.33358076, 0.30433521, 0.57529156],
    },
    "guided/02-B": {
        4: [3.10502553, 0.62483559, 1.09267664],
        6: [2.39024379, 0.47135364, 0.44459702],
    },
    "from_structure/01-A": {
        1: [0.44620733, 1.02474682],
        4: [0.59807562, 0.74802151],
    },
}
"""CA-RMSD (Å) to the folded structure by step, as version 0.1 displayed it."""

PHYSICAL = {1: 0.14268, 3: 2.8885, 5: 7.21214}
"""Sum of the absolute physical score by step of the guided run."""


@pytest.fixture(scope="module")
def chignolin():
    return load_system("chignolin")


@pytest.fixture
def saved(tmp_path):
    """A copy of the saved runs, which a session may write to."""
    return Path(shutil.copytree(DATA, tmp_path / "saved"))


@pytest.fixture
def make_session(chignolin, tmp_path):
    made = []

    def make(config=None, start=None, folder=tmp_path / "runs"):
        session = Session(chignolin, config or SamplerConfig(1), folder=folder, start=start)
        session.energies.enabled = False
        session.player.wait(Status.READY)
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def lines(folder):
    return [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]


def test_all_runs_are_listed():
    assert {str(path.relative_to(DATA)) for path in saved_runs(DATA)} == set(CONFIGS)


@pytest.mark.parametrize("run", CONFIGS)
def test_header(run):
    header = RunHeader(DATA / run)
    assert (header.sequence, header.config) == ("YYDPETGTWY", CONFIGS[run])
    assert header.networks == {} and header.title == ""
    assert header.started.startswith("2026-11-28T05:21:")
    assert header.fixed == ("3-6" if run.startswith("from_structure") else "")
    assert header.count_steps() == CONFIGS[run].steps


@pytest.mark.parametrize("run", CONFIGS)
def test_frames_and_energies_are_shown(make_session, saved, run):
    before = contents(saved / run)
    session = make_session()
    branch = session.open(saved / run)
    assert session.player.wait(Status.FINISHED), session.error_message
    assert session.notice is None
    steps = CONFIGS[run].steps
    assert [frame.step for frame in branch.in_order() if frame.step] == list(range(1, steps + 1))
    for number, line in enumerate(lines(saved / run), 1):
        frame = branch.frames[number]
        assert (frame.t, frame.gamma, frame.eta) == (line["t"], line["gamma"], line["eta"])
        assert frame.evaluated_t == branch.times[number - 1]
        assert frame.scores == line["scores"]
        assert (frame.physical_score is not None) == line["push"]
    for step, rmsd in RMSDS[run].items():
        assert branch.frames[step].rmsd == pytest.approx(rmsd, abs=1e-4)
    assert {step: values.tolist() for step, values in branch.openmm.items()} == ENERGIES[run]
    assert contents(saved / run) == before, "opening writes nothing"


@pytest.mark.parametrize("run", ["guided/01-A", "guided/02-B"])
def test_the_schedule_set_at_step_2_is_read(make_session, saved, run):
    session = make_session()
    branch = session.open(saved / run)
    parameters = [tuple(frame.parameters) for frame in branch.in_order() if frame.step]
    assert parameters == [(0.8, 1.0)] + [(0.8, WINDOW)] * 5
    assert branch.parameter_changes() == [
        {"step": 2, "parameter": "η", "from": 1.0, "to": 2.0},
        {"step": 6, "parameter": "η", "from": 2.0, "to": 0.0},  # the end of the window
    ]
    assert (session.config.gamma, session.config.eta) == (0.8, WINDOW)


def test_seeds_of_a_branch_are_read(make_session, saved):
    recording = Recording(saved / "guided/02-B")
    assert [step.seed for step in recording.steps] == [11] * 3 + [5] * 3
    session = make_session()
    session.open(saved / "guided/02-B")
    assert session.config.seed == 5


def test_the_physical_score_is_read():
    steps = Recording(DATA / "guided/01-A").steps
    for step, total in PHYSICAL.items():
        assert float(steps[step - 1].physical.abs().sum()) == pytest.approx(total, abs=1e-4)
    assert steps[5].physical is None, "η is 0 after the window"


def test_the_starting_structure_and_its_fixed_residues_are_read(make_session, saved, chignolin):
    session = make_session()
    branch = session.open(saved / "from_structure/01-A")
    folded = folded_structure(chignolin)
    assert (branch.start.name, branch.start.file) == (folded.name, None)
    assert branch.start.fixed == "3-6"
    assert np.allclose(branch.start.atoms.positions, folded.atoms.positions, atol=1e-4)
    assert session.player.wait(Status.FINISHED), session.error_message
    assert branch.run.fixed_residues.residues == "3-6"


@pytest.mark.parametrize("run", CONFIGS)
def test_an_interrupted_run_continues_to_the_same_end(make_session, saved, run):
    folder = saved / run
    whole = {step.step: step for step in Recording(folder).steps}
    steps = (folder / "steps.jsonl").read_text().splitlines(keepends=True)
    (folder / "steps.jsonl").write_text("".join(steps[:-2]))
    session = make_session()
    branch = session.open(folder)
    assert session.player.wait(Status.PAUSED), session.error_message
    play(session)
    assert session.notice is None and branch.folder == folder
    recording = Recording(folder)
    assert [step.step for step in recording.steps] == list(whole)
    for step in recording.steps:
        recorded = whole[step.step]
        assert (step.t, step.seed) == (recorded.t, recorded.seed)
        assert step.parameters == recorded.parameters
        difference = (step.rigid.trans - recorded.rigid.trans).abs().max()
        assert difference < REPLAY_TOLERANCE


def test_a_branch_of_a_saved_run_is_the_branch_that_was_saved(make_session, saved):
    session = make_session()
    parent = session.open(saved / "guided/01-A")
    assert session.player.wait(Status.FINISHED), session.error_message
    branch = session.fork(3, seed=5)
    play(session)
    then = make_session().open(saved / "guided/02-B")
    for step in range(1, 7):
        assert positions(branch, step) == pytest.approx(positions(then, step), abs=REPLAY_TOLERANCE)
        assert branch.frames[step].eta == then.frames[step].eta
    assert positions(branch, 6) != pytest.approx(positions(parent, 6), abs=0.1)


@pytest.mark.parametrize("run", ["guided/01-A", "from_structure/01-A"])
def test_the_same_run_is_saved_in_the_same_format_today(make_session, chignolin, run):
    folder = DATA / run
    config = CONFIGS[run]
    start = folded_structure(chignolin, fixed="3-6") if config.t_start < 1 else None
    session = make_session(config, start)
    session.player.step()
    wait_for(lambda: 1 in session.current.frames)
    if config.guidance != "none":
        session.set_parameters(eta=WINDOW)
    play(session)
    last = session.current.steps
    for conformer, energy in enumerate(ENERGIES[run][last]):
        session.current.recorder.add_energy(last, conformer, energy)
    today = session.current.folder
    assert set(contents(today)) == set(contents(folder))
    for name in STEP_FILES[1:]:
        assert (today / name).stat().st_size == (folder / name).stat().st_size
    assert (today / "openmm.jsonl").read_bytes() == (folder / "openmm.jsonl").read_bytes()
    for now, then in zip(lines(today), lines(folder), strict=True):
        assert list(now) == list(then)
        for key in ("step", "t", "gamma", "eta", "knobs", "seed", "push"):
            assert now[key] == then[key]
        assert now["scores"] == pytest.approx(then["scores"], rel=1e-2)
    now, then = (json.loads((path / "run.json").read_text()) for path in (today, folder))
    assert len(now.pop("weights")) == 16, "the only entry that version 0.1 does not have"
    assert list(now) == list(then)
    assert now | {"started": ""} == then | {"started": ""}
