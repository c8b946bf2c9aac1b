"""Tiles: pair features (B, L, L, c) computed in parts that fit into the processor's cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

TILE_PAIRS = 1024
"""Residue pairs in a tile, per thread."""


class Tile(NamedTuple):
    """Conformers and rows of a part of pair features."""

    conformers: slice
    rows: slice

    def of_pairs(self, pair: Tensor) -> Tensor:
        """Return the part of pair features (B, L, L, c)."""
        return pair[self.conformers, self.rows]

    def rows_of(self, node: Tensor) -> Tensor:
        """Return node features (B, L, c) of the first residues of the pairs."""
        return node[self.conformers, self.rows, None]

    def columns_of(self, node: Tensor) -> Tensor:
        """Return node features (B, L, c) of the second residues of the pairs."""
        return node[self.conformers, None]


def map_tiles(function: Callable[[Tile], Tensor], node: Tensor) -> Tensor:
    """Compute pair features (B, L, L, c) by a function that returns those of a tile.

    Without gradients on a CPU the tiles are small. Otherwise there is one: autograd needs all
    intermediate results, and a GPU is faster on large arrays.

    Parameters
    ----------
    function : callable
        Takes a `Tile`; may modify what it has computed in place, as autograd allows.
    node : Tensor, shape (B, L, ...)
        Gives the number of conformers and residues, and the device.
    """
    batch, length = node.shape[:2]
    if torch.is_grad_enabled() or node.device.type != "cpu":
        return function(Tile(slice(batch), slice(length)))
    result = None
    for tile in _tiles(batch, length, TILE_PAIRS * torch.get_num_threads()):
        part = function(tile)
        if result is None:
            result = part.new_empty(batch, length, length, part.shape[-1])
        result[tile] = part
    assert result is not None
    return result


def _tiles(batch: int, length: int, pairs: int) -> Iterator[Tile]:
    """Yield tiles of about ``pairs`` pairs: several conformers, or rows of one."""
    conformers = max(1, pairs // length**2)
    rows = min(length, max(1, pairs // length))
    for first in range(0, batch, conformers):
        for start in range(0, length, rows):
            yield Tile(slice(first, first + conformers), slice(start, start + rows))
