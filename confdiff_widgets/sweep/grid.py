"""Grids of cells: every combination of the values on several axes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import SettingsError
from ..sampling.config import SamplerConfig
from .cell import Cell

DIGITS = 10
"""Decimals to which the numbers of a range are rounded."""


class EmptyGridError(SettingsError):
    """A grid has no cells."""


def parse_axis(text: str, name: str) -> list[float]:
    """Parse the numbers of an axis.

    Parameters
    ----------
    text : str
        A range FROM:TO:COUNT or a list: ``0:4:5`` gives 5 numbers from 0 to 4, ``0,0.5,2`` three.
    name : str
        Name of the axis, for errors.

    Raises
    ------
    SettingsError
        For any other form, or without a number.
    """
    usage = f"{name} is {text!r}. Give a range FROM:TO:COUNT (0:4:5) or a list (0,0.5,2)."
    try:
        if ":" in text:
            low, high, count = text.split(":")
            ends, numbers = (float(low), float(high)), None
            if all(map(math.isfinite, ends)):
                numbers = np.linspace(*ends, int(count)).tolist()
        else:
            numbers = [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise SettingsError(usage) from error
    if numbers is None or not all(map(math.isfinite, numbers)):
        raise SettingsError(usage)
    if not numbers:
        raise EmptyGridError(f"{name} is {text!r}, which contains no number. Give at least one.")
    return [round(number, DIGITS) for number in numbers]


def grid(proteins: Sequence[str], *, axes: Mapping[str, Sequence[Any]], **fixed: Any) -> list[Cell]:
    """Return the cells of every combination of the axes for each protein.

    Physical guidance has no effect at η = 0, so ``guidance`` is set to "none" there. Sweeps with
    and without guidance then share those cells.

    Parameters
    ----------
    proteins : sequence of str
    axes : dict
        Values of settings of `SamplerConfig`; the last axis varies fastest.
    **fixed
        The other settings.

    Returns
    -------
    list of Cell
        In order, without repetitions.

    Raises
    ------
    EmptyGridError
        If there is no protein, or an axis has no value.
    SettingsError
        If the sampler refuses a setting.
    """
    if not proteins:
        raise EmptyGridError("The sweep has no protein. Give at least one.")
    for name, values in axes.items():
        if not len(values):
            raise EmptyGridError(f"The axis {name} has no value. Give at least one.")
    cells: dict[Cell, None] = {}
    for protein, *values in itertools.product(proteins, *axes.values()):
        settings = fixed | dict(zip(axes, values, strict=True))
        if settings.get("eta", 0.0) == 0:
            settings["guidance"] = "none"
        cells[Cell(protein, SamplerConfig(**settings))] = None
    return list(cells)
