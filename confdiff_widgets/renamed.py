"""Public names of version 0.1 that were renamed: they work, with a warning that names the new one.

Names in packages are listed in `NAMES`, packages and modules in `MODULES`, and attributes are a
`RenamedAttribute` of their class. Version 0.3 removes them.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

PACKAGE = "confdiff_widgets"

REMOVED_IN = "0.3"
"""Version without the old names."""

MODULES = {
    "evaluation": "reports",
    "live.sweep_cell": "sweep.job",
    "proteins.own": "proteins.system",
    "sampling.sweep": "sweep",
}
"""New package or module of each old one."""

NAMES = {
    "analysis.MetastableStates": "analysis.StateModel",
    "evaluation.Recovered": "reports.RecoveryEvaluation",
    "evaluation.recover": "reports.evaluate_recovery",
    "geometry.structure.load_atom14": "ensembles.load_atom14",
    "guidance.Evaluation": "guidance.ScoreEvaluation",
    "guidance.GammaMix": "guidance.ClassifierFreeGuidance",
    "guidance.PhysicalTerm": "guidance.PhysicalGuidance",
    "live.sweep_cell.SweepJob": "sweep.SweepJob",
    "live.sweep_cell.judge": "sweep.evaluate_cell",
}
"""New name of each old one, where it is not the same name in the new module."""


def warn_renamed(old: str, new: str, *, level: int = 3) -> None:
    """Warn that a name is deprecated; ``level`` frames up is the code that uses it."""
    warnings.warn(
        f"{old} was renamed to {new}. The old name works until version {REMOVED_IN}.",
        DeprecationWarning,
        stacklevel=level,
    )


def find_renamed(module: str, name: str, *, level: int = 4) -> Any:
    """Return the object that has an old name in a module.

    Raises
    ------
    AttributeError
        If the module never had the name.
    """
    new = NAMES.get(f"{module}.{name}".removeprefix(f"{PACKAGE}."))
    if new is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    warn_renamed(f"{module}.{name}", f"{PACKAGE}.{new}", level=level)
    return _object(new)


def mix_from_files(sequence: str, model: str, unconditional: str | None = None) -> Any:
    """Load the networks of checkpoints as version 0.1 did in ``proteins.own``."""
    new = "load_system(sequence, model=..., unconditional=...).load_networks()"
    warn_renamed("mix_from_files", new)
    load_system = _object("proteins.load_system")
    return load_system(sequence, model=model, unconditional=unconditional).load_networks()


class RenamedAttribute:
    """An attribute or method that has another name now.

    Parameters
    ----------
    new : str
    """

    def __init__(self, new: str):
        self._new, self._old = new, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._old = name

    def __get__(self, instance: Any, owner: type) -> Any:
        warn_renamed(f"{owner.__name__}.{self._old}", f"{owner.__name__}.{self._new}")
        return getattr(owner if instance is None else instance, self._new)


class RenamedModules(MetaPathFinder, Loader):
    """Makes the modules of `MODULES`, which no other finder finds."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.removeprefix(f"{PACKAGE}.") in MODULES:
            return ModuleSpec(fullname, self)
        return None

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__.removeprefix(f"{PACKAGE}.")
        new = MODULES[old]

        def find(name: str) -> Any:
            if f"{old}.{name}" in NAMES:
                return find_renamed(module.__name__, name)
            if old == "proteins.own" and name == "mix_from_files":
                return mix_from_files
            if name.startswith("__"):
                raise AttributeError(name)
            found = _object(f"{new}.{name}")
            warn_renamed(f"{module.__name__}.{name}", f"{PACKAGE}.{new}.{name}")
            return found

        module.__dict__["__getattr__"] = find


def install() -> None:
    """Make the old modules importable."""
    if not any(isinstance(finder, RenamedModules) for finder in sys.meta_path):
        sys.meta_path.append(RenamedModules())


def _object(path: str) -> Any:
    module, _, name = f"{PACKAGE}.{path}".rpartition(".")
    return getattr(import_module(module), name)
