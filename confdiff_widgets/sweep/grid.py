"""Cells from axes: every combination, each once."""

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
"""Decimals that the numbers of a range keep: 0.30000000000000004 is 0.3."""


class EmptyGridError(SettingsError):
    """A grid without a cell."""


def parse_axis(text: str, name: str) -> list[float]:
    """Numbers of an axis: ``0:4:5`` is 5 numbers from 0 to 4, ``0,0.5,2`` those three.

    Raises
    ------
    SettingsError
        For anything else.
    """
    usage = f"{name} is {text!r}; give FROM:TO:COUNT, as 0:4:5, or numbers, as 0,0.5,2."
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
        raise EmptyGridError(f"{name} is {text!r}, which holds no number; give one at least.")
    return [round(number, DIGITS) for number in numbers]


def grid(proteins: Sequence[str], *, axes: Mapping[str, Sequence[Any]], **fixed: Any) -> list[Cell]:
    """Every combination of the axes for each protein.

    Where η is 0 no head is asked, so ``guidance`` becomes "none" there: guided and plain sweeps
    share those cells.

    Parameters
    ----------
    proteins : sequence of str
    axes : dict
        Values of settings of `SamplerConfig`; the last one varies fastest.
    **fixed
        The other settings.

    Returns
    -------
    list of Cell
        Without repetitions, in order.

    Raises
    ------
    EmptyGridError
        If there is no protein, or an axis has no value.
    SettingsError
        For a setting that the sampler refuses.
    """
    if not proteins:
        raise EmptyGridError("A sweep needs a protein.")
    for name, values in axes.items():
        if not len(values):
            raise EmptyGridError(f"The axis {name} has no value; give one at least.")
    cells: dict[Cell, None] = {}
    for protein, *values in itertools.product(proteins, *axes.values()):
        settings = fixed | dict(zip(axes, values, strict=True))
        if settings.get("eta", 0.0) == 0:
            settings["guidance"] = "none"
        cells[Cell(protein, SamplerConfig(**settings))] = None
    return list(cells)
