"""Input features of the score network: time, residue index, distances, representation."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .config import NetworkConfig

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
        self.register_buffer("offset", torch.linspace(0, RBF_MAX, size))
        self.coefficient = -0.5 * ((size - 1) / RBF_MAX) ** 2

    def forward(self, distance: Tensor) -> Tensor:
        return torch.exp(self.coefficient * (distance[..., None] - self.offset) ** 2)


def _mlp(size_in: int, size_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(size_in, size_out),
        nn.ReLU(),
        nn.Linear(size_out, size_out),
        nn.ReLU(),
        nn.Linear(size_out, size_out),
        nn.LayerNorm(size_out),
    )


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

    def forward(
        self,
        t: Tensor,
        trans: Tensor,
        residue_index: Tensor,
        node_repr: Tensor | None,
        pair_repr: Tensor | None,
        mask: Tensor | None,
        inverse_temperature: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Compute node and pair features.

        Parameters
        ----------
        t : Tensor, shape (B,)
        trans : Tensor, shape (B, L, 3)
            CA positions, scaled units.
        residue_index : Tensor, shape (L,) or (B, L)
        node_repr, pair_repr : Tensor or None
            (L, c) or (B, L, c), and (L, L, c) or (B, L, L, c).
        mask : Tensor or None, shape (B, L)
            Real residues; None where all are.
        inverse_temperature : Tensor or None, shape (B,)
            η, for a thermal network.
        """
        for kind, size, given in (
            ("node_repr", self.config.node_repr, node_repr),
            ("pair_repr", self.config.pair_repr, pair_repr),
        ):
            if size and (given is None or given.shape[-1] != size):
                found = "none was given" if given is None else f"{given.shape[-1]} were given"
                raise ValueError(f"This network needs {size} features as {kind}; {found}.")
        batch, length = trans.shape[:2]
        time = sinusoidal(1000 * t, self.config.time)
        node = [
            time[:, None].expand(-1, length, -1),
            sinusoidal(residue_index, self.config.index).expand(batch, length, -1),
        ]
        if self.config.node_repr:
            feature = self.pretrained_node_repr_layernorm(node_repr)
            node.append(feature.expand(batch, length, -1))

        offset = residue_index[..., :, None] - residue_index[..., None, :]
        distance = _distances(trans)
        if mask is not None:
            distance = distance * (mask[:, :, None] & mask[:, None, :])
        pair = [
            time[:, None, None].expand(-1, length, length, -1),
            sinusoidal(offset, self.config.index).expand(batch, length, length, -1),
            self.gaussian_smearing(distance),
        ]
        if self.config.pair_repr:
            feature = self.pretrained_edge_repr_layernorm(pair_repr)
            pair.append(feature.expand(batch, length, length, -1))
        dtype = self.gaussian_smearing.offset.dtype  # the network's
        nodes = self.node_mlp(torch.cat(node, dim=-1).to(dtype))
        if self.config.temperature:
            if inverse_temperature is None:
                raise ValueError("This network needs a temperature; none was given.")
            angle = TEMPERATURE_RANGE * inverse_temperature
            embedded = sinusoidal(angle, self.config.temperature).to(dtype)
            nodes = nodes + self.temperature_mlp(embedded)[:, None]
        return nodes, self.edge_mlp(torch.cat(pair, dim=-1).to(dtype))


def _distances(positions: Tensor) -> Tensor:
    """Return distances (B, L, L) of positions (B, L, 3), twice differentiable unlike cdist."""
    squared = (positions[:, :, None] - positions[:, None]).square().sum(-1)
    return squared.clamp_min(1e-10).sqrt()  # no derivative where two coincide
