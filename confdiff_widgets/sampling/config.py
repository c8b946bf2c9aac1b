"""Settings of a run; with the model they fix its outcome."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from ..diffusion.solvers import (
    DEFAULT_SOLVER,
    T_MIN,
    Solver,
    default_steps,
    default_stochasticity,
    make_solver,
)
from ..errors import SettingsError
from ..guidance.schedule import Strength, make_strength

Guidance = Literal["none", "force", "energy"]


@dataclass(frozen=True)
class SamplerConfig:
    """Settings of a run.

    Attributes
    ----------
    samples : int
        Conformers, all moved together.
    solver : str
        A name of :data:`~confdiff_widgets.diffusion.solvers.SOLVERS`.
    steps : int
        Steps of the solver from ``t_start``; for "em" from t = 1, of which a run from below makes
        the rest (the published 1000 is usual).
    stochasticity : float, optional
        Fraction of the reverse SDE's noise for "ddim" and "dpm", 1 if left out; 0 for the others.
    gamma : float or Schedule
        Strength of the sequence condition.
    t_start : float
        1 starts from noise; less needs a structure, which is noised to t_start.
    seed : int
        Fixes all random numbers of the run.
    eta : float or Schedule
        Strength of the physical guidance.
    guidance : "none", "force" or "energy"
        The head that estimates the physical term.
    resample : float, optional
        Give the conformers weights, with which the batch samples what constant γ and η state, and
        resample it where the effective sample size falls below this fraction of it. Needs "em",
        or "ddim" or "dpm" with the full noise of the reverse SDE. Left out, there are no weights.
    """

    samples: int = 64
    solver: str = DEFAULT_SOLVER
    steps: int = default_steps(DEFAULT_SOLVER)
    stochasticity: float | None = None
    gamma: Strength = 1.0
    t_start: float = 1.0
    seed: int = 0
    eta: Strength = 0.0
    guidance: Guidance = "none"
    resample: float | None = None

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise SettingsError(f"samples is {self.samples}; ask for at least 1 conformer.")
        if self.steps < 1:
            raise SettingsError(f"steps is {self.steps}; a run needs at least 1 step.")
        object.__setattr__(self, "gamma", make_strength(self.gamma, "γ"))
        object.__setattr__(self, "eta", make_strength(self.eta, "η"))
        if self.guidance not in get_args(Guidance):
            raise SettingsError(
                f"Unknown guidance {self.guidance!r}; use {', '.join(get_args(Guidance))}."
            )
        if not T_MIN <= self.t_start <= 1:
            raise SettingsError(f"t_start is {self.t_start}; it must lie between {T_MIN} and 1.")
        if self.stochasticity is None:
            object.__setattr__(self, "stochasticity", default_stochasticity(self.solver))
        self.make_solver()
        if self.resample is not None:
            if not 0 < self.resample <= 1:
                raise SettingsError(f"resample is {self.resample}; it must lie between 0 and 1.")
            if self.stochasticity != 1 and self.solver != "em":
                raise SettingsError(
                    "resample needs em, or ddim or dpm with stochasticity 1, the full noise of the "
                    f"reverse SDE, and not {self.solver} with {self.stochasticity:g}."
                )

    def make_solver(self) -> Solver:
        """The solver of these settings."""
        assert self.stochasticity is not None  # settled in __post_init__
        return make_solver(self.solver, self.stochasticity)

    def to_dict(self) -> dict:
        return asdict(self)
