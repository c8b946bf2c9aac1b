"""What every sequence representation offers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor


class Features(NamedTuple):
    """Features of one sequence."""

    node: Tensor  # (L, node_size)
    pair: Tensor | None = None  # (L, L, pair_size)


class Representation(Protocol):
    """A map from sequence to features.

    Attributes
    ----------
    name : str
        Stored with a model that was trained on it.
    node_size, pair_size : int
        Features per residue and per residue pair; 0 for none.
    """

    name: str
    node_size: int
    pair_size: int

    def __call__(self, sequence: str) -> Features:
        """Features of a sequence of one-letter codes.

        Raises
        ------
        SequenceError
            If the sequence is empty or has unknown letters.
        """
        ...
