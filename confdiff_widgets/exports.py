"""Names that a package imports on demand, so that importing it stays fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from .renamed import find_renamed


def on_demand(
    package: str, modules: Mapping[str, Sequence[str]] | None = None
) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package, which also finds the names of earlier versions.

    Parameters
    ----------
    package : str
        Full name of the package.
    modules : mapping, optional
        Names that each of its modules provides.
    """
    origin = {name: module for module, names in (modules or {}).items() for name in names}

    def find(name: str) -> Any:
        if name in origin:
            return getattr(import_module(f"{package}.{origin[name]}"), name)
        return find_renamed(package, name)

    return find
