"""Solvers of the reverse process: one solver a file, registered here by name.

To add a solver, write a class with the attributes and methods of `Solver` in a file of its own and
add one line to ``REGISTRY``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ...errors import SettingsError
from ...ranges import shown
from .base import T_MIN, DataPrediction, Solver, Step
from .euler_maruyama import EulerMaruyama
from .exponential import Exponential
from .heun import Heun

__all__ = [
    "DEFAULT_SOLVER",
    "REGISTRY",
    "SOLVERS",
    "T_MIN",
    "DataPrediction",
    "EulerMaruyama",
    "Exponential",
    "Heun",
    "RegisteredSolver",
    "Solver",
    "Step",
    "default_steps",
    "default_stochasticity",
    "make_solver",
]

DEFAULT_SOLVER = "dpm"


class RegisteredSolver(NamedTuple):
    """A solver's class, its description and how to make it from a stochasticity."""

    kind: type[Solver]
    description: str
    make: Callable[[float], Solver]


REGISTRY = {
    "em": RegisteredSolver(
        EulerMaruyama,
        "published: uniform Euler steps of the reverse SDE",
        lambda stochasticity: EulerMaruyama(),
    ),
    "ddim": RegisteredSolver(
        Exponential,
        "first-order exponential steps, noise from 0 (ODE) to 1 (SDE)",
        lambda stochasticity: Exponential(order=1, stochasticity=stochasticity),
    ),
    "dpm": RegisteredSolver(
        Exponential,
        "second-order multistep exponential steps (DPM-Solver++ 2M), noise from 0 to 1",
        lambda stochasticity: Exponential(order=2, stochasticity=stochasticity),
    ),
    "heun": RegisteredSolver(
        Heun,
        "Heun's method on the probability-flow ODE, two evaluations a step",
        lambda stochasticity: Heun(),
    ),
}
"""The solvers by name."""

SOLVERS = {name: solver.description for name, solver in REGISTRY.items()}
"""Descriptions of the solvers by name."""


def default_steps(name: str) -> int:
    """Return the solver's own number of steps.

    Raises
    ------
    SettingsError
        For an unknown name.
    """
    return _registered(name).kind.default_steps


def default_stochasticity(name: str) -> float:
    """Return the solver's default noise: the full reverse SDE where it is tunable.

    Raises
    ------
    SettingsError
        For an unknown name.
    """
    return _registered(name).kind.default_stochasticity


def make_solver(name: str, stochasticity: float = 0.0) -> Solver:
    """Return a solver by name.

    Parameters
    ----------
    name : {"em", "ddim", "dpm", "heun"}
    stochasticity : float
        Fraction of the reverse SDE's noise for "ddim" and "dpm"; 0 for the others.

    Raises
    ------
    SettingsError
        For an unknown name, or noise that the solver cannot use.
    """
    if not 0 <= stochasticity <= 1:
        raise SettingsError(f"stochasticity is {stochasticity}; it must lie between 0 and 1.")
    solver = _registered(name)
    if stochasticity and not solver.kind.tunable_noise:
        raise SettingsError(f"Solver {name!r} has no tunable noise; use 'ddim' or 'dpm' for it.")
    return solver.make(stochasticity)


def _registered(name: str) -> RegisteredSolver:
    if not isinstance(name, str) or name not in REGISTRY:
        raise SettingsError(f"Unknown solver {shown(name)}. Choose one of: {', '.join(REGISTRY)}.")
    return REGISTRY[name]
