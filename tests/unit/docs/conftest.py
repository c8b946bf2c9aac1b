"""Fixtures: the examples of docs/develop, sessions of a tiny protein, and a small simulation."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from ..sessions import make_session, system, thermal_system
from ..simulations import simulation

__all__ = ["make_session", "simulation", "system", "thermal_system"]

ROOT = Path(__file__).parents[3]


@pytest.fixture
def example() -> Callable[[str], ModuleType]:
    """Return a function that imports an example by its name."""

    def load(name: str) -> ModuleType:
        path = ROOT / "docs" / "develop" / "examples" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"docs_example_{name}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
