"""Settings of a run; with the model they fix its outcome."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from ..diffusion.solvers import T_MIN, Solver, make_solver, usual_stochasticity
from ..errors import SettingsError

DEFAULT_SOLVER = "dpm"
DEFAULT_STEPS = 20


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
    gamma : float
        Strength of the sequence condition at the start of the run.
    t_start : float
        1 starts from noise; less needs a structure, which is noised to t_start.
    seed : int
        Fixes all random numbers of the run.
    """

    samples: int = 64
    solver: str = DEFAULT_SOLVER
    steps: int = DEFAULT_STEPS
    stochasticity: float | None = None
    gamma: float = 1.0
    t_start: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise SettingsError(f"samples is {self.samples}; ask for at least 1 conformer.")
        if self.steps < 1:
            raise SettingsError(f"steps is {self.steps}; a run needs at least 1 step.")
        if not math.isfinite(self.gamma):
            raise SettingsError(f"γ is {self.gamma}; give a finite number, usually from 0 to 1.")
        if not T_MIN <= self.t_start <= 1:
            raise SettingsError(f"t_start is {self.t_start}; it must lie between {T_MIN} and 1.")
        if self.stochasticity is None:
            object.__setattr__(self, "stochasticity", usual_stochasticity(self.solver))
        self.make_solver()

    def make_solver(self) -> Solver:
        """The solver of these settings."""
        assert self.stochasticity is not None  # settled in __post_init__
        return make_solver(self.solver, self.stochasticity)

    def to_dict(self) -> dict:
        return asdict(self)
