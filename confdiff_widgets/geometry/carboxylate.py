"""Position of the terminal oxygen of a chain; works without torch, for worker processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

BOND = 1.25
"""Length of C–O in Amber, Å."""

Array = TypeVar("Array", NDArray[np.float64], "Tensor")


def terminal_oxygen(ca: Array, c: Array, o: Array) -> Array:
    """Return the position of OXT (..., 3) from CA, C and O of the last residue, in Å.

    It lies in their plane, opposite to the mean direction of CA and O. It is NaN if atoms coincide.
    """
    return c - BOND * _unit(_unit(ca - c) + _unit(o - c))


def _unit(vectors: Array) -> Array:
    return vectors / (vectors * vectors).sum(-1)[..., None] ** 0.5
