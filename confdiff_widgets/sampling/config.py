"""Settings of a run, which determine its result together with the model."""

from __future__ import annotations

import math
from dataclasses import InitVar, asdict, dataclass
from typing import cast

from ..diffusion.solvers import (
    DEFAULT_SOLVER,
    T_MIN,
    Solver,
    default_steps,
    default_stochasticity,
    make_solver,
)
from ..errors import SettingsError
from ..guidance.parameters import GuidanceParameters
from ..guidance.registry import KINDS, NO_GUIDANCE, check_kind
from ..guidance.schedule import Strength, make_strength
from ..guidance.temperature import check_temperatures
from ..models.temperature import eta_of_temperature, temperature_of_eta


@dataclass(frozen=True)
class SamplerConfig:
    """Settings of a run.

    Attributes
    ----------
    samples : int
        Number of conformers, sampled as one batch.
    solver : str
        A name of :data:`~confdiff_widgets.diffusion.solvers.SOLVERS`.
    steps : int
        Solver steps from ``t_start``; for "em" steps from t = 1, of which a run that starts below
        makes the remaining ones. Default: 20; the published sampler uses 1000 with "em".
    stochasticity : float, optional
        Fraction of the reverse SDE's noise for "ddim" and "dpm" (default 1); 0 for the others.
    gamma : float or Schedule
        Classifier-free guidance scale γ.
    t_start : float
        1 starts from noise; below 1, a given structure is noised to t_start.
    seed : int
        Determines all random numbers of the run.
    eta : float or Schedule
        Physical guidance strength η (default: 0, or that of ``temperature``).
    guidance : str
        Kind of the physical guidance: "none" or a name of
        :data:`~confdiff_widgets.guidance.registry.KINDS`.
    temperature : float, optional
        Temperature of the ensemble in K, instead of η; implies temperature guidance.
    resample : float, optional
        Weight the conformers, so that the batch samples the product distribution of constant γ and
        η exactly, and resample when the effective sample size falls below this fraction of the
        batch. Needs "em", or "ddim" or "dpm" with stochasticity 1. Default: no weights.
    """

    samples: int = 64
    solver: str = DEFAULT_SOLVER
    steps: int = default_steps(DEFAULT_SOLVER)
    stochasticity: float | None = None
    gamma: Strength = 1.0
    t_start: float = 1.0
    seed: int = 0
    eta: Strength = None  # type: ignore[assignment]  # a number or schedule after __post_init__
    guidance: str = NO_GUIDANCE
    resample: float | None = None
    temperature: InitVar[float | None] = None

    def __post_init__(self, temperature: float | None) -> None:
        if self.samples < 1:
            raise SettingsError(f"samples is {self.samples}. Request at least 1 conformer.")
        if self.steps < 1:
            raise SettingsError(f"steps is {self.steps}. A run needs at least 1 step.")
        object.__setattr__(self, "gamma", make_strength(self.gamma, "γ"))
        if temperature is not None:
            self._set_temperature(temperature)
        eta = make_strength(0.0 if self.eta is None else self.eta, "η")
        object.__setattr__(self, "eta", eta)
        check_kind(self.guidance)
        if self.guidance != NO_GUIDANCE and KINDS[self.guidance].thermal:
            check_temperatures(eta)
        if not T_MIN <= self.t_start <= 1:
            raise SettingsError(f"t_start is {self.t_start}. Give a value between {T_MIN} and 1.")
        if self.stochasticity is None:
            object.__setattr__(self, "stochasticity", default_stochasticity(self.solver))
        self.make_solver()
        if self.resample is not None:
            if not 0 < self.resample <= 1:
                raise SettingsError(
                    f"resample is {self.resample}. Give a value above 0 and up to 1."
                )
            if self.stochasticity != 1 and self.solver != "em":
                raise SettingsError(
                    f"resample does not work with {self.solver} and stochasticity "
                    f"{self.stochasticity:g}. Use em, or ddim or dpm with stochasticity 1."
                )

    def _set_temperature(self, kelvin: float) -> None:
        if cast("Strength | None", self.eta) is not None:
            raise SettingsError(
                f"Both η and a temperature ({kelvin:g} K) are given. Give one of the two."
            )
        if self.guidance not in (NO_GUIDANCE, "temperature"):
            raise SettingsError(
                f"A temperature ({kelvin:g} K) does not apply to {self.guidance} guidance. Give η "
                "instead, or use temperature guidance."
            )
        if not kelvin > 0 or not math.isfinite(kelvin):
            raise SettingsError(f"temperature is {kelvin}. Give a temperature in K, such as 350.")
        object.__setattr__(self, "guidance", "temperature")
        object.__setattr__(self, "eta", eta_of_temperature(kelvin))

    def make_solver(self) -> Solver:
        """Return the solver of these settings."""
        assert self.stochasticity is not None  # set in __post_init__
        return make_solver(self.solver, self.stochasticity)

    @property
    def guidance_parameters(self) -> GuidanceParameters:
        """γ and η at the start of the run."""
        return GuidanceParameters(self.gamma, self.eta)

    @property
    def kelvin(self) -> float | None:
        """Temperature of the ensemble (K); None without temperature guidance or if η varies."""
        if self.guidance == "temperature" and isinstance(self.eta, float):
            return temperature_of_eta(self.eta)
        return None

    def to_dict(self) -> dict:
        """Return the settings as plain numbers and strings, fit for JSON."""
        return asdict(self)
