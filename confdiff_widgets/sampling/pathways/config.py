"""Settings of a path."""

from __future__ import annotations

from dataclasses import InitVar, asdict, dataclass

from ...errors import SettingsError
from ...guidance.registry import NO_GUIDANCE
from ...ranges import Range
from ..config import SamplerConfig

RANGES = {
    "images": Range(3, 1000, whole=True),
    "walkers": Range(1, 1000, whole=True),
    "iterations": Range(1, 1_000_000, whole=True),
    "t": Range(0, 0.5, above=True),
    "rotation_length": Range(0, 1000, above=True, unit="Å"),
    "tolerance": Range(0, 1, above=True),
}
"""Ranges of the settings; those of γ, η and the seed are those of a run."""


@dataclass(frozen=True)
class PathConfig:
    """Settings of a path, which determine it together with the model and the ends.

    Attributes
    ----------
    images : int
        Number of conformers along the path, K.
    t : float
        Fixed time of the density p_t. The score at t > 0 is that of smoothed data: positions are
        noised by 0.45, 1.1 and 3.2 Å at t = 0.01, 0.03 and 0.1.
    gamma, eta, guidance, temperature : optional
        As in :class:`~confdiff_widgets.sampling.SamplerConfig`, but constant.
    seed : int
    zero_temperature : bool
        Move the images along the score (minimum free energy path) instead of by the mean of
        samples (principal curve).
    walkers : int
        Samples of each image's cell.
    rotation_length : float, optional
        ℓ of the metric, Å per radian. Default: the value with which the noise at ``t`` is
        isotropic, 8 to 10 Å for the bundled networks.
    iterations : int
        Iterations after which a path that has not converged ends.
    tolerance : float
        A path has converged when its images move by less than this fraction of their spacing (root
        mean square) in `WINDOW` iterations.

    Raises
    ------
    SettingsError
        For a value outside its range, or a schedule as γ or η.
    """

    images: int = 32
    t: float = 0.03
    gamma: float = 1.0
    eta: float = None  # type: ignore[assignment]  # a number after __post_init__
    guidance: str = NO_GUIDANCE
    seed: int = 0
    zero_temperature: bool = False
    walkers: int = 2
    rotation_length: float | None = None
    iterations: int = 300
    tolerance: float = 0.2
    temperature: InitVar[float | None] = None

    def __post_init__(self, temperature: float | None) -> None:
        found = SamplerConfig(
            gamma=self.gamma,
            eta=self.eta,
            guidance=self.guidance,
            seed=self.seed,
            temperature=temperature,
        )
        for name in ("gamma", "eta"):
            value = getattr(found, name)
            if not isinstance(value, float):
                raise SettingsError(
                    f"{name} depends on t, and a path is found at a single t. Give a number."
                )
            object.__setattr__(self, name, value)
        object.__setattr__(self, "guidance", found.guidance)
        object.__setattr__(self, "seed", found.seed)
        for name, allowed in RANGES.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, allowed.check(value, name))

    def to_dict(self) -> dict:
        """Return the settings as plain numbers and strings, fit for JSON."""
        return asdict(self)
