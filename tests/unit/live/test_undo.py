"""Undo the last removal or reset of a branch."""

from __future__ import annotations

import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.live import Recording, Status

from ..sessions import play
from ..waiting import wait_for


def names(session):
    return [branch.name for branch in session.branches]


def make_a_step(session):
    before = session.current.last.step if session.current.last else 0
    session.player.step()
    wait_for(lambda: session.current.last and session.current.last.step > before)


def test_a_removed_branch_returns_and_continues_in_its_folder(make_session):
    session = make_session()
    make_a_step(session)
    removed = session.current
    session.restart(keep=True)
    session.remove("A")
    assert names(session) == ["B"]
    assert session.undoable.label == "remove A"
    session.undo()
    assert names(session) == ["A", "B"], "in its place"
    assert session.undoable.label == ""
    assert session.current is removed
    play(session)
    assert len(Recording(removed.folder).steps) == 6


def test_a_branch_whose_letter_is_taken_gets_another_one(make_session):
    session = make_session()
    session.restart(keep=True)
    session.rename("B", "γ off")
    session.remove("B")
    session.restart(keep=True)
    assert names(session) == ["A", "B"]
    session.undo()
    assert names(session) == ["A", "C", "B"]
    assert session.current.title == "γ off"


def test_a_reset_is_undone(make_session):
    session = make_session()
    make_a_step(session)
    session.reset()
    assert session.player.wait(Status.READY)
    assert names(session) == ["A", "B"]
    assert session.undoable.label == "reset A"
    session.undo()
    assert names(session) == ["A"], "the rewound branch had no steps"
    assert session.player.wait(Status.PAUSED)
    assert session.current.last.step == 1


def test_a_rewound_branch_with_steps_stays(make_session):
    session = make_session()
    make_a_step(session)
    session.reset()
    assert session.player.wait(Status.READY)
    make_a_step(session)
    session.undo()
    assert names(session) == ["A", "B"]
    assert session.current.name == "A"


def test_only_the_last_removal_is_undone(make_session):
    session = make_session()
    for _ in range(2):
        session.restart(keep=True)
    session.remove("A")
    session.remove("B")
    session.undo()
    assert names(session) == ["B", "C"]
    with pytest.raises(SettingsError, match="nothing to undo"):
        session.undo()
