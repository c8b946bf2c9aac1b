"""Settings of a run, which determine its result together with the model."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from copy import copy
from dataclasses import InitVar, asdict, dataclass
from typing import Any, cast

import msgspec

from ..diffusion.solvers import (
    DEFAULT_SOLVER,
    T_MIN,
    Solver,
    default_steps,
    default_stochasticity,
    make_solver,
)
from ..errors import SettingsError
from ..files.reading import FormatError, convert
from ..guidance.cfg import check_gamma
from ..guidance.parameters import GuidanceParameters
from ..guidance.registry import NO_GUIDANCE, check_eta, check_kind
from ..guidance.schedule import Schedule, Strength, make_strength
from ..models.temperature import eta_of_temperature, temperature_of_eta
from ..ranges import Range
from .weighted_runs import check_weighted

RANGES = {
    "samples": Range(1, 1_000_000, whole=True),
    "steps": Range(1, 1_000_000, whole=True),
    "t_start": Range(T_MIN, 1),
    # whole numbers up to here are exact in JSON, in a browser and on the axis of a sweep
    "seed": Range(0, 2**53 - 1, whole=True),
    "stochasticity": Range(0, 1),
    "resample": Range(0, 1, above=True),
}
"""Ranges of the settings; those of γ and η belong to the guidance."""

RECORDED_SEEDS = Range(-(2**63), 2**63 - 1, whole=True)
"""Seeds that earlier versions accepted and recorded."""

KELVIN_RANGE = Range(0, 10_000, above=True, unit="K")
"""Range of temperatures; temperature guidance narrows it."""


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    """Types of the settings in a file; see `SamplerConfig`."""

    samples: int = 1
    solver: str = ""
    steps: int = 1
    stochasticity: float | None = None
    gamma: float | Schedule = 1.0
    t_start: float = 1.0
    seed: int = 0
    eta: float | Schedule = 0.0
    guidance: str = ""
    resample: float | None = None


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
        batch. Needs "em", or "ddim" or "dpm" with stochasticity 1. Temperature guidance needs
        γ = 1, where nothing is left to correct. Default: no weights.

    Raises
    ------
    SettingsError
        For a value outside its range (`RANGES`), or settings that contradict each other.
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
        check_kind(self.guidance)
        if temperature is not None:
            self._set_temperature(temperature)
        object.__setattr__(self, "gamma", check_gamma(self.gamma))
        eta = 0.0 if self.eta is None else self.eta
        object.__setattr__(self, "eta", check_eta(eta, self.guidance))
        if self.stochasticity is None:
            object.__setattr__(self, "stochasticity", default_stochasticity(self.solver))
        for name, allowed in RANGES.items():
            value = getattr(self, name)
            if name != "resample" or value is not None:
                object.__setattr__(self, name, allowed.check(value, name))
        self.make_solver()
        self._check_resample()

    def _check_resample(self) -> None:
        if self.resample is not None and self.stochasticity != 1 and self.solver != "em":
            raise SettingsError(
                f"resample does not work with {self.solver} and stochasticity "
                f"{self.stochasticity:g}. Use em, or ddim or dpm with stochasticity 1."
            )
        if self.resample is not None:
            check_weighted(self.guidance_parameters, self.guidance)

    def _set_temperature(self, temperature: float) -> None:
        kelvin = KELVIN_RANGE.check(temperature, "temperature")
        if cast("Strength | None", self.eta) is not None:
            raise SettingsError(
                f"Both η and a temperature ({kelvin:g} K) are given. Give one of the two."
            )
        if self.guidance not in (NO_GUIDANCE, "temperature"):
            raise SettingsError(
                f"A temperature ({kelvin:g} K) does not apply to {self.guidance} guidance. Give η "
                "instead, or use temperature guidance."
            )
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

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> SamplerConfig:
        """Return the settings that :meth:`to_dict` returned and a file stored.

        γ, η and the seed may be outside their ranges, which earlier versions did not have.

        Raises
        ------
        FormatError
            If a setting is unknown, of another type or out of range.
        """
        convert(stored, _Stored)  # only checks: numbers stay as stored, since keys are made of them
        try:
            values: dict[str, Any] = {
                n: make_strength(stored[n], n) for n in ("gamma", "eta") if n in stored
            }
            if "seed" in stored:
                values["seed"] = RECORDED_SEEDS.check(stored["seed"], "seed")
            others = {name: value for name, value in stored.items() if name not in values}
            config = cls(**others).with_recorded(**values)
            config._check_resample()
        except SettingsError as error:
            raise FormatError(str(error)) from error
        return config

    def with_recorded(self, **settings: Any) -> SamplerConfig:
        """Return these settings with others that are not checked, because a run was made so."""
        config = copy(self)
        for name, value in settings.items():
            object.__setattr__(config, name, value)
        return config

    def to_dict(self) -> dict:
        """Return the settings as plain numbers and strings, fit for JSON."""
        return asdict(self)


def new_seed() -> int:
    """Return a random seed."""
    return secrets.randbelow(2**31)
