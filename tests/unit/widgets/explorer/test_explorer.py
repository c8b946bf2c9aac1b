"""The Explorer without a page; tests/browser tests it in one."""

from __future__ import annotations

import gc

import pytest
from ipywidgets import Widget
from ipywidgets.widgets.widget import _instances

from confdiff_widgets import Explorer
from confdiff_widgets.errors import UserError
from confdiff_widgets.live import Session
from confdiff_widgets.widgets import StructureViewer
from confdiff_widgets.widgets.explorer import explorer

from ...waiting import wait_for


@pytest.fixture
def in_notebook(monkeypatch):
    monkeypatch.setattr(explorer, "require_notebook", lambda: None)


def count_open(kind: type[Widget]) -> int:
    return sum(isinstance(widget, kind) for widget in _instances.values())


def test_rebuilding_closes_the_former_panels(in_notebook):
    shown = Explorer("chignolin", samples=2, steps=2, folder=None)
    viewers, first = count_open(StructureViewer), shown.viewer
    shown._views.show_second()
    shown.rebuild()
    assert count_open(StructureViewer) == viewers
    assert shown.viewer is not first
    shown.close()


def test_a_session_has_one_listener_however_often_the_panels_are_rebuilt(in_notebook, monkeypatch):
    listened = []
    listen = Session.listen
    monkeypatch.setattr(
        Session,
        "listen",
        lambda session, *given: (listened.append(session), listen(session, *given)),
    )
    shown = Explorer("GASPK", compare="GASAK", samples=2, steps=2, folder=None)
    first, second = shown.session, shown._controller.state.second
    assert listened == [first, second]
    shown._receive({"compare_sequence": "GASGK"})
    assert listened == [first, second, shown._controller.state.second]
    shown._receive({"compare_sequence": ""})
    assert len(listened) == 3
    shown.close()


def test_an_explorer_that_raises_an_error_leaves_nothing_to_close(in_notebook, recwarn, capsys):
    with pytest.raises(UserError, match="Did you mean chignolin"):
        Explorer("chignolen")
    gc.collect()
    assert not capsys.readouterr().err


def test_the_hovered_conformer_stays_highlighted_when_the_plots_are_redrawn(
    in_notebook, monkeypatch
):
    shown = Explorer("chignolin", samples=2, steps=2, folder=None)
    shown.session.play()
    wait_for(
        lambda: shown._controller.state.frame is not None and shown._controller.state.frame.t == 0
    )
    drawn = []
    monkeypatch.setattr(shown.plots, "show", lambda *arguments, **_: drawn.append(arguments[-1]))
    shown._receive({"hover": 1})
    shown._changed()
    wait_for(lambda: drawn and drawn[-1] == [1])
    shown._receive({"hover": None})
    shown._changed()
    wait_for(lambda: drawn[-1] == [])
    shown.close()


@pytest.mark.parametrize("message", [{"hover": "1"}, {"painted": "1"}, {"_changed": 1}, None])
def test_unusable_messages_become_a_notice(in_notebook, message):
    shown = Explorer("chignolin", samples=2, steps=2, folder=None)
    shown._receive(message)
    assert "Reload the page" in shown._controller.state.notice
    assert shown._controller.state.display.hovered is None
    shown.close()


def test_an_unusable_second_sequence_leaves_no_session(in_notebook, monkeypatch):
    closed, close = [], Session.close
    monkeypatch.setattr(Session, "close", lambda session: (closed.append(session), close(session)))
    with pytest.raises(UserError, match="equal length"):
        Explorer("GASPK", compare="GASP", samples=2, steps=2, folder=None)
    assert len(closed) == 1
