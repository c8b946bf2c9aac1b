"""Guidance parameters for which the weights of conformers (resample) are defined."""

from __future__ import annotations

from ..errors import SettingsError
from ..guidance.parameters import GuidanceParameters
from ..guidance.registry import has_temperature
from ..guidance.schedule import Schedule


def check_weighted(parameters: GuidanceParameters, kind: str) -> None:
    """Refuse γ and η for which the weights of a kind of guidance are undefined.

    Raises
    ------
    SettingsError
    """
    for name, strength in zip("γη", parameters, strict=True):
        if isinstance(strength, Schedule):
            raise SettingsError(
                f"{name} is a schedule, and weights (resample) need a constant {name}. Give a "
                "number, or omit resample."
            )
    gamma = parameters.gamma
    if has_temperature(kind) and gamma != 1:
        raise SettingsError(
            f"resample does not work with temperature guidance at γ = {gamma:g}. Set γ to 1, or "
            "omit resample."
        )


def check_weighted_change(
    now: GuidanceParameters, new: GuidanceParameters, kind: str, step: int
) -> None:
    """Refuse a change of γ or η after ``step`` steps of a run with weights.

    Raises
    ------
    SettingsError
    """
    if new == now:
        return
    check_weighted(new, kind)
    if step:
        name = "η" if new.gamma == now.gamma else "γ"
        raise SettingsError(
            f"{name} cannot change after step {step} of a run with weights (resample). Start a new "
            "run, or omit resample."
        )
