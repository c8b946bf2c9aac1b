"""Input features of the score network: time, residue index, distances, representation."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from .config import NetworkConfig
from .layers import Part, split
from .pair_tiles import Tile, map_tiles

RBF_MAX = 5.0
"""Last centre of the distance embedding, scaled units (50 Å)."""

TEMPERATURE_RANGE = 3.0
"""Largest angle of the temperature embedding at η = 1, radian.

The embedding varies slowly, so that temperatures between those of the data are interpolated."""


def sinusoidal(value: Tensor, size: int) -> Tensor:
    """Return sine and cosine features (..., size) of a number, wavelengths up to 10000 * 2π."""
    half = size // 2
    rate = torch.exp(
        torch.arange(half, device=value.device, dtype=torch.float32)
        * (-math.log(10000) / (half - 1))
    )
    angle = value[..., None].float() * rate
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=-1)


class GaussianSmearing(nn.Module):
    """Expand distances in Gaussian functions with evenly spaced centres."""

    offset: Tensor

    def __init__(self, size: int):
        super().__init__()
        # on the meta device, linspace is decomposed, which imports SymPy
        self.register_buffer("offset", torch.linspace(0, RBF_MAX, size, device="cpu"))
        self.coefficient = -0.5 * ((size - 1) / RBF_MAX) ** 2

    def forward(self, distance: Tensor) -> Tensor:
        return torch.exp(self.coefficient * (distance[..., None] - self.offset) ** 2)


def _mlp(size_in: int, size_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(size_in, size_out),
        nn.ReLU(inplace=True),
        nn.Linear(size_out, size_out),
        nn.ReLU(inplace=True),
        nn.Linear(size_out, size_out),
        nn.LayerNorm(size_out),
    )


class SequenceTerms(NamedTuple):
    """Terms of the embedder's first layers that do not depend on x_t and t."""

    node: Tensor  # (L, c_s) or (B, L, c_s)
    pair: Tensor  # (L, L, c_z) or (B, L, L, c_z)


class Embedder(nn.Module):
    """Node features (B, L, c_s) and pair features (B, L, L, c_z)."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.config = config
        self.gaussian_smearing = GaussianSmearing(config.rbf)
        if config.node_repr:
            self.pretrained_node_repr_layernorm = nn.LayerNorm(config.node_repr)
        if config.pair_repr:
            self.pretrained_edge_repr_layernorm = nn.LayerNorm(config.pair_repr)
        self.node_mlp = _mlp(config.time + config.index + config.node_repr, config.c_s)
        self.edge_mlp = _mlp(config.time + config.index + config.rbf + config.pair_repr, config.c_z)
        if config.temperature:
            self.temperature_mlp = nn.Sequential(
                nn.Linear(config.temperature, config.c_s),
                nn.ReLU(),
                nn.Linear(config.c_s, config.c_s),
            )
            # Initially without effect, so that training can start from a network without it.
            for parameter in self.temperature_mlp[-1].parameters():
                nn.init.zeros_(parameter)

    def sequence_terms(
        self, residue_index: Tensor, node_repr: Tensor | None, pair_repr: Tensor | None
    ) -> SequenceTerms:
        """Compute the terms of the first layers that depend on the sequence only.

        Parameters
        ----------
        residue_index : Tensor, shape (L,) or (B, L)
        node_repr, pair_repr : Tensor or None
            (L, c) or (B, L, c), and (L, L, c) or (B, L, L, c).

        Raises
        ------
        ValueError
            If features are missing or of another size.
        """
        for kind, size, given in (
            ("node_repr", self.config.node_repr, node_repr),
            ("pair_repr", self.config.pair_repr, pair_repr),
        ):
            if size and (given is None or given.shape[-1] != size):
                found = "none was given" if given is None else f"{given.shape[-1]} were given"
                raise ValueError(f"This network needs {size} features as {kind}; {found}.")
        _, of_index, of_node = self._node_parts()
        _, of_offset, _, of_pair = self._pair_parts()
        offset = residue_index[..., :, None] - residue_index[..., None, :]
        node = of_index(sinusoidal(residue_index, self.config.index))
        pair = of_offset(sinusoidal(offset, self.config.index))
        if self.config.node_repr:
            node = node + of_node(self.pretrained_node_repr_layernorm(node_repr))
        if self.config.pair_repr:
            pair = pair + of_pair(self.pretrained_edge_repr_layernorm(pair_repr))
        return SequenceTerms(node, pair)

    def forward(
        self,
        t: Tensor,
        trans: Tensor,
        terms: SequenceTerms,
        mask: Tensor | None,
        inverse_temperature: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Compute node and pair features.

        Parameters
        ----------
        t : Tensor, shape (B,)
        trans : Tensor, shape (B, L, 3)
            CA positions, scaled units.
        terms : SequenceTerms
        mask : Tensor or None, shape (B, L)
            Real residues; None where all are.
        inverse_temperature : Tensor or None, shape (B,)
            η, for a thermal network.
        """
        batch, length = trans.shape[:2]
        node_time, *_ = self._node_parts()
        pair_time, _, of_distance, _ = self._pair_parts()
        time = sinusoidal(1000 * t, self.config.time)[:, None]
        nodes = self.node_mlp[1:](terms.node + node_time(time))
        if self.config.temperature:
            if inverse_temperature is None:
                raise ValueError("This network needs a temperature; none was given.")
            embedded = sinusoidal(TEMPERATURE_RANGE * inverse_temperature, self.config.temperature)
            nodes = nodes + self.temperature_mlp(embedded.to(nodes.dtype))[:, None]
        of_time = pair_time(time[:, None])
        of_sequence = terms.pair.expand(batch, length, length, -1)

        def embed(tile: Tile) -> Tensor:
            distance = _distances(tile.rows_of(trans), tile.columns_of(trans))
            if mask is not None:
                distance = distance * (tile.rows_of(mask) & tile.columns_of(mask))
            hidden = of_distance(self.gaussian_smearing(distance))
            hidden = hidden.add_(tile.of_pairs(of_sequence)).add_(of_time[tile.conformers])
            return self.edge_mlp[1:](hidden)

        return nodes, map_tiles(embed, trans)

    def _node_parts(self) -> list[Part]:
        """Return the parts of the first node layer: of time, residue index and representation."""
        config = self.config
        return split(
            cast(nn.Linear, self.node_mlp[0]), (config.time, config.index, config.node_repr)
        )

    def _pair_parts(self) -> list[Part]:
        """Return the parts of the first pair layer: time, index, distance and representation."""
        config = self.config
        sizes = (config.time, config.index, config.rbf, config.pair_repr)
        return split(cast(nn.Linear, self.edge_mlp[0]), sizes)


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """Return distances of positions (..., 3), twice differentiable unlike cdist."""
    squared = (a - b).square().sum(-1)
    return squared.clamp_min(1e-10).sqrt()  # no derivative where two coincide
