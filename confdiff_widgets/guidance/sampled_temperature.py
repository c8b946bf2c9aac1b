"""Temperature of the ensemble that a run samples with temperature guidance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..models.temperature import temperature_of_eta
from .parameters import GuidanceParameters
from .registry import has_temperature
from .schedule import Schedule
from .temperature import TemperatureGuidance

VARIED = "varied"
"""Label of a run without a single temperature."""


@dataclass(frozen=True)
class SampledTemperature:
    """Temperature of the ensemble that a run samples.

    Attributes
    ----------
    kelvin : float or None
        None if the run has no single temperature.
    approximate : bool
        Whether γ differs from 1, so that the temperature is not exact.
    reason : str
        Why there is no single temperature; empty if there is one.
    """

    kelvin: float | None
    approximate: bool = False
    reason: str = ""

    @property
    def label(self) -> str:
        """The temperature as text: "335 K", "≈ 335 K" or "varied"."""
        if self.kelvin is None:
            return VARIED
        return f"{'≈ ' if self.approximate else ''}{self.kelvin:.0f} K"


def unguided_temperature(parameters: Iterable[GuidanceParameters]) -> SampledTemperature | None:
    """Return the temperature of thermal networks without guidance, which are evaluated at η = 0."""
    return sampled_temperature(
        TemperatureGuidance.name, [step._replace(eta=0.0) for step in parameters]
    )


def sampled_temperature(
    kind: str, parameters: Iterable[GuidanceParameters]
) -> SampledTemperature | None:
    """Return the temperature of a run, or None if its kind of guidance has none.

    Parameters
    ----------
    kind : str
        Kind of the physical guidance.
    parameters : iterable of GuidanceParameters
        γ and η of the steps; without steps there is no temperature.
    """
    if not has_temperature(kind):
        return None
    used = set(parameters)
    if not used:
        return None
    for name in ("η", "γ"):
        values = {step.eta if name == "η" else step.gamma for step in used}
        if len(values) > 1:
            return SampledTemperature(None, reason=f"{name} was changed during the run")
        if isinstance(next(iter(values)), Schedule):
            return SampledTemperature(None, reason=f"{name} depends on t")
    gamma, eta = next(iter(used))
    assert isinstance(eta, float)
    return SampledTemperature(temperature_of_eta(eta), approximate=gamma != 1)
