"""Small layers shared by the trunk and the guidance heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, cast

import torch
from torch import Tensor, nn

from ..geometry.rigid import Rigid
from .pair_tiles import Tile, map_tiles


def linear(
    size_in: int, size_out: int, init: Literal["lecun", "relu", "zero"] = "lecun"
) -> nn.Linear:
    """Make a linear layer with AlphaFold's initialisation: truncated normal, zero bias."""
    layer = nn.Linear(size_in, size_out)
    nn.init.zeros_(layer.bias)
    if init == "zero":
        nn.init.zeros_(layer.weight)
    else:
        variance = (2.0 if init == "relu" else 1.0) / size_in
        # 0.8796 is the standard deviation of a unit normal truncated at two
        std = variance**0.5 / 0.87962566
        nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std)
    return layer


Part = Callable[[Tensor], Tensor]
"""The part of a linear layer that acts on one of its concatenated inputs."""


def split(layer: nn.Linear, sizes: Sequence[int]) -> list[Part]:
    """Return the parts of a linear layer whose input is a concatenation.

    The layer's output is the sum over its parts; the first part includes the bias.
    """
    weights = layer.weight.split(list(sizes), dim=1)
    return [_part(weight, layer.bias if k == 0 else None) for k, weight in enumerate(weights)]


def _part(weight: Tensor, bias: Tensor | None) -> Part:
    return lambda value: nn.functional.linear(value.to(weight.dtype), weight, bias)


class Transition(nn.Module):
    """Three-layer residual MLP with a layer norm."""

    def __init__(self, width: int):
        super().__init__()
        self.linear_1 = linear(width, width, init="relu")
        self.linear_2 = linear(width, width, init="relu")
        self.linear_3 = linear(width, width, init="zero")
        self.ln = nn.LayerNorm(width)

    def forward(self, node: Tensor) -> Tensor:
        hidden = torch.relu(self.linear_2(torch.relu(self.linear_1(node))))
        return self.ln(self.linear_3(hidden) + node)


class BackboneUpdate(nn.Module):
    """Update each frame in its local coordinates from node features."""

    def __init__(self, width: int):
        super().__init__()
        self.linear = linear(width, 6, init="zero")

    def forward(self, node: Tensor, frames: Rigid) -> Rigid:
        return frames.compose_update(self.linear(node))


class EdgeTransition(nn.Module):
    """Update pair features from the node features of both residues.

    Layers that act on the concatenation [pair, node i, node j] are applied part by part: the node
    parts cost L, not L², rows.
    """

    def __init__(self, c_s: int, c_z: int):
        super().__init__()
        half = c_s // 2
        hidden = 2 * half + c_z
        self.split = (c_z, half, half)
        self.initial_embed = linear(c_s, half, init="relu")
        self.trunk = nn.Sequential(
            linear(hidden, hidden, init="relu"),
            nn.ReLU(inplace=True),
            linear(hidden, hidden, init="relu"),
            nn.ReLU(inplace=True),
        )
        self.final_layer = linear(hidden, c_z, init="zero")
        self.layer_norm = nn.LayerNorm(c_z)

    def forward(self, node: Tensor, pair: Tensor) -> Tensor:
        node = self.initial_embed(node)
        first_pair, *first_nodes = split(cast(nn.Linear, self.trunk[0]), self.split)
        last_pair, *last_nodes = split(self.final_layer, self.split)
        first_row, first_column = (part(node) for part in first_nodes)
        last_row, last_column = (part(node) for part in last_nodes)

        def update(tile: Tile) -> Tensor:
            part = tile.of_pairs(pair).to(self.final_layer.weight.dtype)
            hidden = first_pair(part)
            hidden = hidden.add_(tile.rows_of(first_row)).add_(tile.columns_of(first_column))
            hidden = self.trunk[1:](hidden)
            found = nn.functional.linear(hidden, self.final_layer.weight).add_(last_pair(part))
            found = found.add_(tile.rows_of(last_row)).add_(tile.columns_of(last_column))
            return self.layer_norm(found.to(pair.dtype))

        return map_tiles(update, node)


class AngleResnet(nn.Module):
    """Predict torsions as unit (sin, cos) pairs (AlphaFold 2, supplement, algorithm 20)."""

    HIDDEN = 128
    BLOCKS = 2
    ANGLES = 7

    def __init__(self, c_s: int):
        super().__init__()
        self.linear_in = linear(c_s, self.HIDDEN)
        self.linear_initial = linear(c_s, self.HIDDEN)
        self.layers = nn.ModuleList(_AngleBlock(self.HIDDEN) for _ in range(self.BLOCKS))
        self.linear_out = linear(self.HIDDEN, self.ANGLES * 2)

    def forward(self, node: Tensor, initial_node: Tensor) -> Tensor:
        hidden = self.linear_in(torch.relu(node)) + self.linear_initial(torch.relu(initial_node))
        for layer in self.layers:
            hidden = layer(hidden)
        pair = self.linear_out(torch.relu(hidden)).unflatten(-1, (self.ANGLES, 2))
        return pair / torch.sqrt((pair**2).sum(-1, keepdim=True).clamp_min(1e-12))


class _AngleBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.linear_1 = linear(width, width, init="relu")
        self.linear_2 = linear(width, width, init="zero")

    def forward(self, hidden: Tensor) -> Tensor:
        return self.linear_2(torch.relu(self.linear_1(torch.relu(hidden)))) + hidden
