"""Copied code: names and values from anywhere are data in it, never code."""

from __future__ import annotations

import ast
import dataclasses
import io
import tokenize
from pathlib import Path

import pytest

from confdiff_widgets.guidance.schedule import Schedule
from confdiff_widgets.live import Status
from confdiff_widgets.proteins.starting_structure import folded_structure
from confdiff_widgets.proteins.system import System
from confdiff_widgets.widgets.explorer.copied_code import code_for

HOSTILE = [
    "a\nimport os; os.system('id')  #",
    "a\r\nraise SystemExit",
    "a')\nexec('1",
    'a")\nexec("1',
    "a\\",
    "a\u2028exec('1')",
    "'''\nexec('1')\n'''",
    "a#\x00\x1b[0m",
]
CALLS = {
    "load_system", "SamplerConfig", "Schedule", "Run", "load_networks", "load_physical", "range",
    "step", "reseed", "ensemble", "save", "Recording", "folded_structure",
    "read_starting_structure",
}  # fmt: skip


def check_harmless(code: str) -> list[str]:
    """Check that code only makes the calls of a run, without comments; return its strings."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    assert not [token for token in tokens if token.type == tokenize.COMMENT]
    nodes = list(ast.walk(ast.parse(code)))
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    names = {call.id if isinstance(call, ast.Name) else call.attr for call in calls}
    assert names <= CALLS
    imports = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert all(node.module.startswith("confdiff_widgets.") for node in imports)
    allowed = (
        ast.Module, ast.ImportFrom, ast.alias, ast.Assign, ast.Name, ast.Load, ast.Store, ast.Call,
        ast.Attribute, ast.Constant, ast.keyword, ast.For, ast.Expr, ast.Pass, ast.UnaryOp,
        ast.USub,
    )  # fmt: skip
    assert all(isinstance(node, allowed) for node in nodes)
    return [node.value for node in nodes if isinstance(node, ast.Constant)]


@pytest.fixture
def session(make_session, tmp_path):
    session = make_session(folder=tmp_path, t_start=1.0)
    session.player.wait(Status.READY)
    return session


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_structures_files_and_folders_are_quoted(session, name):
    branch = session.current
    start = folded_structure(session.system, fixed="1-3")
    branch.start = dataclasses.replace(start, name=name)
    check_harmless(code_for(session))
    branch.start = dataclasses.replace(start, name=name, file=name)
    assert name in check_harmless(code_for(session))
    branch.start, recorder = dataclasses.replace(start, name=name), branch.recorder
    branch.recorder, branch.recording = None, type("Saved", (), {"folder": Path("runs") / name})()
    try:
        assert str(Path("runs") / name) in check_harmless(code_for(session))
    finally:
        branch.recorder, branch.recording = recorder, None


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_networks_and_proteins_are_quoted(session, name, monkeypatch):
    sources = {"model": name, "features": name}
    monkeypatch.setattr(System, "network_sources", sources)
    monkeypatch.setattr(System, "name", name)
    session.device = name
    found = check_harmless(code_for(session))
    assert name in found
    assert f"{name}.pdb" in found


def test_schedules_are_numbers(session):
    branch = session.current
    branch.config = dataclasses.replace(branch.config, gamma=Schedule(0.5, 0.9, 0.1, "cosine"))
    assert 0.9 in check_harmless(code_for(session))
