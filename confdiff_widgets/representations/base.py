"""What every sequence representation offers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Features(NamedTuple):
    """Features of one sequence."""

    node: Tensor  # (L, node_size)
    pair: Tensor | None = None  # (L, L, pair_size)

    def to(self, device: torch.device | str) -> Features:
        """The same features on a device."""
        return Features(self.node.to(device), None if self.pair is None else self.pair.to(device))


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
