"""Invariant point attention (AlphaFold 2, supplement, algorithm 22) over residue frames."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .config import NetworkConfig
from .layers import linear

MASKED = -1e5
"""Added to the logit of a padded residue."""


class InvariantPointAttention(nn.Module):
    """Attention with weights from scalar features, pair features and points in residue frames.

    The squared distance of query and key points is expanded, so that scalars and points share one
    product and nothing of size L x L x points is ever formed; |query|² shifts all logits of a row
    alike and is left out.
    """

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.heads, self.c_hidden = config.heads, config.c_hidden
        self.qk_points, self.v_points = config.qk_points, config.v_points
        width = config.heads * config.c_hidden
        self.linear_q = linear(config.c_s, width)
        self.linear_kv = linear(config.c_s, 2 * width)
        self.linear_q_points = linear(config.c_s, config.heads * config.qk_points * 3)
        self.linear_kv_points = linear(
            config.c_s, config.heads * (config.qk_points + config.v_points) * 3
        )
        self.linear_b = linear(config.c_z, config.heads)
        self.down_z = linear(config.c_z, config.c_z // 4)
        # softplus of this is 1
        self.head_weights = nn.Parameter(torch.full((config.heads,), math.log(math.e - 1)))
        out = config.heads * (config.c_z // 4 + config.c_hidden + config.v_points * 4)
        self.linear_out = linear(out, config.c_s, init="zero")

    def forward(
        self, node: Tensor, pair: Tensor, rotmats: Tensor, trans: Tensor, mask: Tensor | None
    ) -> Tensor:
        """Return the update (B, L, c_s) of node features (B, L, c_s).

        ``pair`` is (B, L, L, c_z); ``rotmats`` (B, L, 3, 3) and ``trans`` (B, L, 3) are the
        frames in scaled units; ``mask`` (B, L) marks real residues.
        """
        batch, length, _ = node.shape
        heads, channels = self.heads, self.c_hidden

        def global_points(projected: Tensor) -> Tensor:  # -> (B, H, L, P, 3)
            local = projected.view(batch, length, 3, -1)
            points = rotmats @ local + trans[..., None]
            return points.view(batch, length, 3, heads, -1).permute(0, 3, 1, 4, 2)

        query = self.linear_q(node).view(batch, length, heads, channels).transpose(1, 2)
        key, value = (
            self.linear_kv(node)
            .view(batch, length, heads, 2 * channels)
            .transpose(1, 2)
            .split(channels, dim=-1)
        )
        query_points = global_points(self.linear_q_points(node))
        key_points, value_points = global_points(self.linear_kv_points(node)).split(
            [self.qk_points, self.v_points], dim=-2
        )

        point_weight = nn.functional.softplus(self.head_weights) * math.sqrt(
            1 / (3 * self.qk_points * 9 / 2)
        )
        point_weight = point_weight.view(1, heads, 1, 1)
        key_norm = (key_points**2).sum((-1, -2))  # (B, H, L)
        bias = math.sqrt(1 / 3) * self.linear_b(pair).permute(0, 3, 1, 2)
        bias = bias - 0.5 * point_weight * key_norm[:, :, None, :]
        if mask is not None:
            bias = bias + (~(mask[:, :, None] & mask[:, None, :]) * MASKED)[:, None]
        logits = torch.cat(
            [query * math.sqrt(1 / (3 * channels)), point_weight * query_points.flatten(-2)],
            dim=-1,
        ) @ torch.cat([key, key_points.flatten(-2)], dim=-1).transpose(-1, -2)
        attention = torch.softmax(logits + bias, dim=-1)  # (B, H, L, L)

        gathered = attention @ torch.cat([value, value_points.flatten(-2)], dim=-1)
        scalars, points = gathered.split([channels, self.v_points * 3], dim=-1)
        scalars = scalars.transpose(1, 2).flatten(-2)
        points = points.view(batch, heads, length, self.v_points, 3).permute(0, 2, 4, 1, 3)
        local = rotmats.transpose(-1, -2) @ (points.flatten(-2) - trans[..., None])  # (B, L, 3, HP)
        norms = torch.sqrt((local**2).sum(-2) + 1e-8)
        pairs = (attention.transpose(1, 2) @ self.down_z(pair)).flatten(-2)
        return self.linear_out(torch.cat([scalars, local.flatten(-2), norms, pairs], dim=-1))
