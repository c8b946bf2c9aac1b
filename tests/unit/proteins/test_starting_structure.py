"""Runs from a structure or with fixed residues, also after they are saved and reopened."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance.schedule import Schedule
from confdiff_widgets.live import Status, saved_runs
from confdiff_widgets.proteins.starting_structure import (
    StartingStructure,
    folded_structure,
    read_starting_structure,
)

from ..sessions import play
from ..waiting import wait_for

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def start(data_dir) -> StartingStructure:
    """A structure other than the folded structure of the reference."""
    return read_starting_structure(data_dir / "chignolin_heavy.pdb", SEQUENCE)


def shape_of(branch, residues=slice(2, 7)):
    """CA-CA distances of residues 3 to 7 in each conformer of the result, Å."""
    ca = torch.from_numpy(branch.last.atom14[:, residues, 1])
    return torch.cdist(ca, ca)


def assert_fixed(branch, start):
    ca = start.atoms.positions[0, 2:7, 1].float()
    expected = torch.cdist(ca, ca).expand(len(branch.last.atom14), 5, 5)
    torch.testing.assert_close(shape_of(branch), expected, atol=2e-3, rtol=0)


def test_structures_are_saved_and_loaded(start, tmp_path):
    saved = dataclasses.replace(start, fixed="3-7")
    saved.save(tmp_path / "start.npz")
    found = StartingStructure.load(tmp_path / "start.npz")
    assert (found.name, found.file, found.fixed) == (saved.name, saved.file, "3-7")
    assert torch.equal(found.rigid.trans, saved.rigid.trans)
    assert torch.equal(found.fixed_residues.side_chains, saved.fixed_residues.side_chains)
    assert torch.equal(found.fixed_residues.fixed, saved.fixed_residues.fixed)


@pytest.mark.parametrize("residues", ["8-12", "0", "3-", "1-10", "a"])
def test_invalid_fixed_residues_are_refused(start, residues):
    with pytest.raises(SettingsError):
        dataclasses.replace(start, fixed=residues)


@pytest.mark.parametrize("t_start", [1.0, 0.4])
def test_fixed_residues_keep_their_conformation(make_session, start, t_start):
    session = make_session(
        start=dataclasses.replace(start, fixed="3-7"), folder=None, t_start=t_start
    )
    play(session)
    assert_fixed(session.current, start)
    assert shape_of(session.current, slice(0, 10)).std(0).max() > 0.1
    branch = session.fork(3)
    assert session.player.wait(Status.PAUSED)
    play(session)
    assert branch.start is not None
    assert_fixed(branch, start)


@pytest.mark.parametrize(("t_start", "fixed"), [(0.4, ""), (1.0, "3-7"), (0.4, "3-7")])
def test_saved_runs_restore_their_structure(make_session, start, tmp_path, t_start, fixed):
    """A new session with the folded structure, as after a restart of the kernel."""
    whole = make_session(
        start=dataclasses.replace(start, fixed=fixed), t_start=t_start, folder=None
    )
    play(whole)
    session = make_session(start=dataclasses.replace(start, fixed=fixed), t_start=t_start)
    session.player.step()
    wait_for(lambda: 1 in session.current.frames)
    (folder,) = saved_runs(tmp_path / "runs")

    again = make_session(start=folded_structure(session.system), folder=None)
    branch = again.open(folder)
    assert again.player.wait(Status.PAUSED), again.player.error
    assert (again.start.name, again.start.fixed) == ("chignolin_heavy.pdb", fixed)
    play(again)
    end = whole.current.steps
    assert np.allclose(branch.frames[end].noisy, whole.current.frames[end].noisy, atol=1e-4)
    again.seed_locked = True
    again.restart()  # a new run of the same settings starts from the same structure
    wait_for(lambda: again.current.run is not None and again.current is not branch)
    play(again)
    assert np.allclose(again.current.last.noisy, branch.last.noisy, atol=1e-4)


def test_saved_runs_without_a_structure_clear_fixed_residues(make_session, start, tmp_path):
    session = make_session()
    play(session)
    (folder,) = saved_runs(tmp_path / "runs")
    again = make_session(start=dataclasses.replace(start, fixed="3-7"), folder=None)
    assert again.open(folder).start is None
    assert again.start.fixed == ""


def test_unusable_structures_keep_the_last_run(make_session, start):
    session = make_session(start=start, folder=None, resample=0.5)
    play(session)
    session.restart(start=dataclasses.replace(start, fixed="3-7"))  # and weights
    wait_for(lambda: session.notice is not None)
    assert "fixed residues" in str(session.notice)
    assert session.start.fixed == "" and session.current.last.step == 6


def test_schedules_continue_in_reopened_runs(make_session, tmp_path):
    gamma = Schedule(0.5, start=0.8, stop=0.0, rest=1.0)
    session = make_session(gamma=gamma)
    session.player.step()
    wait_for(lambda: 1 in session.current.frames)
    (folder,) = saved_runs(tmp_path / "runs")
    again = make_session(folder=None)
    branch = again.open(folder)
    assert again.player.wait(Status.PAUSED), again.player.error
    play(again)
    assert branch.run.gammas == [gamma(t) for t in branch.run.times]
    assert {0.5, 1.0} == set(branch.run.gammas)


def test_rigid_is_centred(start):
    assert isinstance(start.rigid, Rigid) and start.rigid.shape == (10,)
    assert start.rigid.trans.mean(0).abs().max() < 1e-4
