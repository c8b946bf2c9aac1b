"""Temperatures of thermal networks: conversion between kelvin and η.

Two ensembles of one force field at different temperatures differ by a Boltzmann factor. With
E = (β_cold - β_hot) U, the ensemble p_hot · exp(-η E) has the inverse temperature

    β(η) = β_hot + η (β_cold - β_hot),

so η is the inverse temperature, normalised to 0 at `T_HOT` and 1 at `T_COLD`. Thermal networks take
it as an input.
"""

from __future__ import annotations

from typing import TypeVar

from torch import Tensor

Value = TypeVar("Value", float, Tensor)

T_HOT = 450.0
"""Temperature at η = 0, K."""

T_COLD = 300.0
"""Temperature at η = 1, K."""


def eta_of_temperature(kelvin: Value) -> Value:
    """Return the normalised inverse temperature η of a temperature in K."""
    return (1 / kelvin - 1 / T_HOT) / (1 / T_COLD - 1 / T_HOT)


def exact_temperature(eta: float) -> float | None:
    """Return the temperature in K that gives exactly this η, as short as possible, or None."""
    kelvin = temperature_of_eta(eta)
    for digits in (0, 1, 2, 3, 6, 12):
        if eta_of_temperature(round(kelvin, digits)) == eta:
            return round(kelvin, digits)
    return None


def temperature_of_eta(eta: Value) -> Value:
    """Return the temperature in K of a normalised inverse temperature η."""
    return 1 / (1 / T_HOT + eta * (1 / T_COLD - 1 / T_HOT))
