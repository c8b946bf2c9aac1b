"""Panels: states are sent when they change, and closing leaves nothing behind."""

from __future__ import annotations

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances

from confdiff_widgets.widgets.panel import (
    STATIC,
    EnsembleTable,
    Header,
    Panel,
    ParametersPanel,
    TimelineStrip,
    Toolbar,
    close_all,
)

KINDS = (Header, ParametersPanel, Toolbar, TimelineStrip, EnsembleTable)


@pytest.mark.parametrize("kind", KINDS)
def test_each_panel_has_a_built_module_of_its_own(kind):
    panel = kind(lambda _: None, {})
    assert len(str(panel._esm)) > 1000
    assert list(STATIC.glob("*.js"))
    panel.close()


def test_equal_states_are_sent_once():
    sent = []
    panel = Header(lambda _: None, {"step": 0})
    panel.observe(lambda change: sent.append(change["new"]), "state")
    for step in (0, 1, 1, 2):
        panel.draw({"step": step})
    assert sent == [{"step": 1}, {"step": 2}]
    panel.close()


def test_messages_are_received():
    received = []
    panel = Header(received.append, {})
    panel._handle_custom_msg({"seek": 3}, [])
    assert received == [{"seek": 3}]
    panel.close()


def test_closing_closes_children_layouts_and_styles():
    before = set(_instances)
    box = ipywidgets.VBox([ipywidgets.HBox([ipywidgets.Button()]), ipywidgets.IntSlider()])
    assert set(_instances) > before
    close_all(box)
    assert set(_instances) == before


def test_a_panel_needs_a_module():
    assert issubclass(Header, Panel) and "_esm" not in vars(Panel)
