"""Grids of cells: every combination of the values on several axes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..cache import digest
from ..errors import SettingsError
from ..guidance.registry import KINDS, NO_GUIDANCE, check_kind
from ..ranges import Range, shown
from ..sampling.config import SamplerConfig
from .cell import Cell

DIGITS = 10
"""Decimals to which the numbers of a range are rounded."""


MAX_CELLS = 10_000
"""Cells of a grid without explicit permission for more."""

AXIS_LENGTH = Range(1, 1_000_000, whole=True)
"""Numbers on an axis."""


LONGEST_NAME = 200
"""Characters of a folder name; file systems allow 255 bytes."""


class EmptyGridError(SettingsError):
    """A grid has no cells."""


def folder_name(proteins: Sequence[str]) -> str:
    """Return the default name of the results folder of proteins; sequences may be long."""
    name = "-".join(dict.fromkeys(proteins))
    return name if len(name) <= LONGEST_NAME else f"{name[:80]}-{digest(name)}"


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
    usage = f"{name} is {shown(text)}. Give a range FROM:TO:COUNT (0:4:5) or a list (0,0.5,2)."
    try:
        if ":" in text:
            low, high, count = text.split(":")
            ends, numbers = (float(low), float(high)), None
            length = int(float(count)) if float(count).is_integer() else -1
            if length > 0:
                AXIS_LENGTH.check(length, f"COUNT of {name}")
            if all(map(math.isfinite, ends)) and length >= 0:
                with np.errstate(over="ignore", invalid="ignore"):
                    numbers = np.linspace(*ends, length).tolist()
        else:
            numbers = [float(part) for part in text.split(",") if part.strip()]
    except SettingsError:
        raise
    except (ValueError, OverflowError) as error:
        raise SettingsError(usage) from error
    if numbers is None or not all(map(math.isfinite, numbers)):
        raise SettingsError(usage)
    if not numbers:
        raise EmptyGridError(
            f"{name} is {shown(text)}, which contains no number. Give at least one."
        )
    return [round(number, DIGITS) for number in numbers]


def grid(
    proteins: Sequence[str],
    *,
    axes: Mapping[str, Sequence[Any]],
    max_cells: int = MAX_CELLS,
    **fixed: Any,
) -> list[Cell]:
    """Return the cells of every combination of the axes for each protein.

    The guidance by a head has no effect at η = 0, so ``guidance`` is set to "none" there. Sweeps
    with and without guidance then share those cells.

    Parameters
    ----------
    proteins : sequence of str
    axes : dict
        Values of settings of `SamplerConfig`, such as ``temperature`` (K) instead of ``eta``; the
        last axis varies fastest.
    max_cells : int
        Largest number of combinations.
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
        If the sampler refuses a setting, or for more than ``max_cells`` combinations.
    """
    check_kind(fixed.get("guidance", NO_GUIDANCE))
    if not proteins:
        raise EmptyGridError("The sweep has no protein. Give at least one.")
    for name, values in axes.items():
        if not len(values):
            raise EmptyGridError(f"The axis {name} has no value. Give at least one.")
    count = len(proteins) * math.prod(map(len, axes.values()))
    if count > max_cells:
        raise SettingsError(
            f"The grid has {count} cells, and the limit is {max_cells}. Give fewer values, or "
            "raise the limit with --max-cells (max_cells= in Python)."
        )
    cells: dict[Cell, None] = {}
    for protein, *values in itertools.product(proteins, *axes.values()):
        settings = fixed | dict(zip(axes, values, strict=True))
        kind = settings.get("guidance", NO_GUIDANCE)
        by_head = kind in KINDS and not KINDS[kind].thermal and "temperature" not in settings
        if by_head and settings.get("eta", 0.0) == 0:
            settings["guidance"] = NO_GUIDANCE
        cells[Cell(protein, SamplerConfig(**settings))] = None
    return list(cells)
