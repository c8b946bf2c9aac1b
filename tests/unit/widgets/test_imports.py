"""Imports between the modules of `widgets`, those for type checking included."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import confdiff_widgets.widgets

ROOT = Path(confdiff_widgets.widgets.__file__).parent
PACKAGE = "confdiff_widgets.widgets"


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join((PACKAGE, *(part for part in parts if part != "__init__")))


MODULES = {name_of(path): path for path in ROOT.rglob("*.py")}


def imports(name, path):
    """Return the modules of `widgets` that a module imports anywhere in its code."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            names = [f"{module}.{alias.name}" for alias in node.names]
            found |= {name if name in MODULES else module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & MODULES.keys()


GRAPH = {name: imports(name, path) for name, path in MODULES.items()}


def test_there_are_no_cycles():
    modules = list(TopologicalSorter(GRAPH).static_order())  # raises a CycleError
    assert len(modules) == len(MODULES) > 40


def test_streaming_imports_no_other_folder():
    streaming = [name for name in MODULES if name.startswith(f"{PACKAGE}.streaming")]
    assert len(streaming) == 4
    for name in streaming:
        assert all(module.startswith(f"{PACKAGE}.streaming") for module in GRAPH[name])
