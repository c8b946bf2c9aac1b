"""The structure module: predicts frames and torsions from noisy frames and features."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..geometry.rigid import Rigid
from .config import NetworkConfig
from .heads import GradientHead, MultiIPALayer
from .ipa import InvariantPointAttention
from .layers import AngleResnet, BackboneUpdate, EdgeTransition, Transition, linear

COORDINATE_SCALE = 0.1
"""Scaled units per Å inside the network."""


class TrunkOutput(NamedTuple):
    frames: Rigid  # (B, L), scaled units
    torsions: Tensor  # (B, L, 7, 2)
    node: Tensor  # (B, L, c_s)
    pair: Tensor  # (B, L, L, c_z)


class StructureModule(nn.Module):
    """Blocks of point attention, a sequence transformer and frame updates.

    The names of the parameters are those of the published checkpoints.
    """

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.blocks = config.blocks
        self.trunk = nn.ModuleDict()
        width = config.c_s + config.c_skip
        for b in range(config.blocks):
            self.trunk[f"ipa_{b}"] = InvariantPointAttention(config)
            self.trunk[f"ipa_ln_{b}"] = nn.LayerNorm(config.c_s)
            self.trunk[f"skip_embed_{b}"] = linear(config.c_s, config.c_skip, init="zero")
            layer = nn.TransformerEncoderLayer(
                width, config.tfmr_heads, dim_feedforward=width, dropout=0.0, batch_first=True
            )
            self.trunk[f"seq_tfmr_{b}"] = nn.TransformerEncoder(
                layer, config.tfmr_layers, enable_nested_tensor=False
            )
            self.trunk[f"post_tfmr_{b}"] = linear(width, config.c_s, init="zero")
            self.trunk[f"node_transition_{b}"] = Transition(config.c_s)
            self.trunk[f"bb_update_{b}"] = BackboneUpdate(config.c_s)
            if b < config.blocks - 1:
                self.trunk[f"edge_transition_{b}"] = EdgeTransition(config.c_s, config.c_z)
        self.torsion_pred = AngleResnet(config.c_s)
        if config.head == "force":
            self.pred_force_t_net = MultiIPALayer(config)
            self.pred_force_0_net = MultiIPALayer(config)
        elif config.head == "energy":
            self.pred_energy_t_net = Transition(config.c_s)
            # The nodes of a new trunk do not depend on x yet: with zeros here as well, no
            # gradient would flow.
            self.energy_t_final = linear(config.c_s, 1)
        elif config.head == "gradient":
            self.pred_gradient_net = GradientHead(config.c_s)

    def forward(
        self, frames: Rigid, node: Tensor, pair: Tensor, mask: Tensor | None
    ) -> TrunkOutput:
        """Run all blocks.

        Parameters
        ----------
        frames : Rigid, shape (B, L)
            Noisy frames, scaled units.
        node : Tensor, shape (B, L, c_s)
        pair : Tensor, shape (B, L, L, c_z)
        mask : Tensor or None, shape (B, L)
            Real residues.
        """
        padding = None if mask is None else ~mask
        keep_node = None if mask is None else mask[..., None].to(node.dtype)
        keep_pair = None if keep_node is None else keep_node[:, :, None] * keep_node[:, None, :]

        def masked(value: Tensor, keep: Tensor | None) -> Tensor:
            return value if keep is None else value * keep

        node, pair = masked(node, keep_node), masked(pair, keep_pair)
        initial_node = node
        for b in range(self.blocks):
            attended = self.trunk[f"ipa_{b}"](node, pair, frames.rotmats, frames.trans, mask)
            node = self.trunk[f"ipa_ln_{b}"](node + masked(attended, keep_node))
            skip = self.trunk[f"skip_embed_{b}"](initial_node)
            mixed = self.trunk[f"seq_tfmr_{b}"](
                torch.cat([node, skip], dim=-1), src_key_padding_mask=padding
            )
            node = node + self.trunk[f"post_tfmr_{b}"](mixed)
            node = masked(self.trunk[f"node_transition_{b}"](node), keep_node)
            frames = self.trunk[f"bb_update_{b}"](node, frames)
            if b < self.blocks - 1:
                pair = masked(self.trunk[f"edge_transition_{b}"](node, pair), keep_pair)
        return TrunkOutput(frames, self.torsion_pred(node, initial_node), node, pair)

    def force(self, trunk: TrunkOutput, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the intermediate force F_t and the data force F_0, each (B, L, 3)."""
        return (
            self.pred_force_t_net(trunk.frames, trunk.node, trunk.pair, mask).trans,
            self.pred_force_0_net(trunk.frames, trunk.node, trunk.pair, mask).trans,
        )

    def energy(self, trunk: TrunkOutput) -> Tensor:
        """Return the intermediate energy (B,), dimensionless."""
        return self.energy_t_final(self.pred_energy_t_net(trunk.node).mean(dim=1)).squeeze(-1)

    def gradient(self, noisy: Rigid, trunk: TrunkOutput) -> tuple[Tensor, Tensor]:
        """Return the two vectors of the gradient head, each (B, L, 3)."""
        return self.pred_gradient_net(noisy, trunk.node)
