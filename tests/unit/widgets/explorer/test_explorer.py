"""The Explorer as a whole, without a page; what a page shows is in tests/browser."""

from __future__ import annotations

import gc

import pytest
from ipywidgets import Widget
from ipywidgets.widgets.widget import _instances

from confdiff_widgets import Explorer
from confdiff_widgets.errors import UserError
from confdiff_widgets.widgets import StructureViewer
from confdiff_widgets.widgets.explorer import explorer

from ...waiting import wait_for


@pytest.fixture
def in_a_notebook(monkeypatch):
    monkeypatch.setattr(explorer, "require_notebook", lambda: None)


def alive(kind: type[Widget]) -> int:
    return sum(isinstance(widget, kind) for widget in _instances.values())


def test_another_protein_takes_the_place_of_the_parts_before(in_a_notebook):
    shown = Explorer("chignolin", samples=2, steps=2, folder=None)
    viewers, first = alive(StructureViewer), shown.viewer
    shown._views.second()
    shown.rebuild()
    assert alive(StructureViewer) == viewers
    assert shown.viewer is not first
    shown.close()


def test_a_refused_explorer_leaves_nothing_to_end(in_a_notebook, recwarn, capsys):
    with pytest.raises(UserError, match="Did you mean chignolin"):
        Explorer("chignolen")
    gc.collect()
    assert not capsys.readouterr().err


def test_what_the_mouse_is_on_stands_out_when_the_plots_are_drawn_again(in_a_notebook, monkeypatch):
    shown = Explorer("chignolin", samples=2, steps=2, folder=None)
    shown.session.play()
    wait_for(lambda: shown._controller.frame is not None and shown._controller.frame.t == 0)
    drawn = []
    monkeypatch.setattr(shown.plots, "show", lambda *given: drawn.append(given[-1]))
    shown._hear({"hover": 1})
    shown._changed()
    wait_for(lambda: drawn and drawn[-1] == [1])
    shown._hear({"hover": None})
    shown._changed()
    wait_for(lambda: drawn[-1] == [])
    shown.close()
