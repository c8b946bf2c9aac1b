"""One-hot amino-acid types, sufficient for networks trained on a few proteins."""

from __future__ import annotations

import torch

from ..geometry.residues import LETTERS, encode_sequence
from .base import Features


class OneHot:
    """One-hot amino-acid types, 20 features per residue, no pair features."""

    name = "one-hot"
    node_size = len(LETTERS)
    pair_size = 0

    def __call__(self, sequence: str) -> Features:
        encoded = encode_sequence(sequence)
        return Features(torch.nn.functional.one_hot(encoded, self.node_size).float())
