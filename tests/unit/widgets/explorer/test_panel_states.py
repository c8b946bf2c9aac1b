"""The panel states and messages of Python and TypeScript agree."""

from __future__ import annotations

import inspect
import re
import types
import typing
from pathlib import Path

import pytest

from confdiff_widgets.widgets.explorer import panel_states, view_model
from confdiff_widgets.widgets.explorer.controller import HANDLERS, SETTINGS
from confdiff_widgets.widgets.explorer.panels import Panels
from confdiff_widgets.widgets.explorer.state import ExplorerState

SOURCES = Path(__file__).parents[4] / "js" / "widgets" / "src"
STATES = {
    name: typing.get_type_hints(item)
    for name, item in inspect.getmembers(panel_states, typing.is_typeddict)
}
PAGE_ONLY = {"painted", "hover"}
"""Messages that the widget handles before the controller."""


def without_comments(source):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.S)


TYPESCRIPT = "\n".join(without_comments(file.read_text()) for file in SOURCES.glob("*/state.ts"))


def interfaces():
    """Return the fields and types of each exported interface in the state.ts files."""
    return {
        name: {
            field: " ".join(kind.split()) for field, kind in re.findall(r"(\w+): ([^;]+);", body)
        }
        for name, body in re.findall(r"export interface (\w+) \{(.*?)\n\}", TYPESCRIPT, re.S)
    }


def typescript(hint):
    """Return the TypeScript type of a Python type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(typescript(argument) for argument in arguments)
    if origin is list:
        item = typescript(arguments[0])
        return f"({item})[]" if " | " in item else f"{item}[]"
    if origin is dict:
        return f"Record<string, {typescript(arguments[1])}>"
    simple = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
    return simple.get(hint) or hint.__name__


@pytest.mark.parametrize("name", STATES)
def test_an_interface_has_the_same_fields_and_types(name):
    expected = {field: typescript(hint) for field, hint in STATES[name].items()}
    assert interfaces()[name] == expected


def test_every_interface_has_a_class():
    assert interfaces().keys() == STATES.keys()


def messages():
    unions = re.findall(r"export type \w+Message =(.*?);\n(?=\n|$)", TYPESCRIPT, re.S)
    return [name for union in unions for name in re.findall(r"(?:^|\|)\s*\{ (\w+):", union)]


def test_every_message_of_the_page_has_a_handler_and_the_other_way_round():
    assert sorted(messages()) == sorted(HANDLERS.keys() | PAGE_ONLY)


def test_the_page_sends_known_settings_only():
    sent = STATES["Settings"].keys() - {"structure", "fixed", "reference", "compared"}
    # these have their own messages
    assert sent == SETTINGS.keys()


def check(value, hint):
    """Check that a value has exactly the fields that its type says, at every level."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if typing.is_typeddict(hint):
        fields = typing.get_type_hints(hint)
        assert value.keys() == fields.keys()
        for name, field in fields.items():
            check(value[name], field)
    elif origin in (typing.Union, types.UnionType):
        if value is not None:
            check(value, next(a for a in arguments if a is not type(None)))
    elif origin is list:
        for item in value:
            check(item, arguments[0])
    elif origin is typing.Literal:
        assert value in arguments


@pytest.mark.parametrize("run", [True, False])
def test_the_view_model_returns_these_fields(finished, make_session, tmp_path, run):
    session = (finished if run else make_session)(folder=tmp_path, guidance="force", eta=1.0)
    if run:
        session.set_parameters(eta=2.0)
        session.fork(3)
    state = ExplorerState(session, tmp_path)
    check(view_model.header(state, 1), panel_states.HeaderState)
    check(view_model.parameters(state, ("chignolin",)), panel_states.ParametersState)
    check(view_model.timeline(state), panel_states.TimelineState)
    check(view_model.ensemble(state), panel_states.EnsembleState)
    panels = Panels(state, print, "diversity")
    for toolbar in (panels.toolbar, panels.tabs):
        check(toolbar.state, panel_states.ToolbarState)
