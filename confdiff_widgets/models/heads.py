"""Guidance heads: the published force head, and a gradient head on the trunk's node features.

The published head is point attention that moves the frames; where they end is the force.
"""

from __future__ import annotations

from torch import Tensor, nn

from ..geometry.rigid import Rigid
from .config import NetworkConfig
from .ipa import InvariantPointAttention
from .layers import BackboneUpdate, Transition, linear

LAYERS = 6


class MultiIPALayer(nn.Module):
    """Six point attention layers that share a norm, a transition and a frame update."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.ipa_dropout = nn.Dropout(0.1)
        self.layer_norm_ipa = nn.LayerNorm(config.c_s)
        self.transition = Transition(config.c_s)
        self.bb_update = BackboneUpdate(config.c_s)
        self.layers = nn.ModuleDict(
            {f"ipa_{k}": InvariantPointAttention(config) for k in range(LAYERS)}
        )

    def forward(self, frames: Rigid, node: Tensor, pair: Tensor, mask: Tensor | None) -> Rigid:
        for layer in self.layers.values():
            attended = layer(node, pair, frames.rotmats, frames.trans, mask)
            if mask is not None:
                attended = attended * mask[..., None]
            node = self.transition(self.layer_norm_ipa(self.ipa_dropout(node + attended)))
            frames = self.bb_update(node, frames)
        return frames


class GradientHead(nn.Module):
    """Predict one vector per position and one per orientation from node features.

    Both are read in the frames of x_t, so that they turn with the molecule; a new head says 0.
    """

    def __init__(self, width: int):
        super().__init__()
        self.transition = Transition(width)
        self.linear = linear(width, 6, init="zero")

    def forward(self, frames: Rigid, node: Tensor) -> tuple[Tensor, Tensor]:
        """Return vectors (B, L, 3) on positions in space, and on orientations in the body frame."""
        trans, rot = self.linear(self.transition(node)).chunk(2, dim=-1)
        return (frames.rotmats @ trans[..., None]).squeeze(-1), rot
