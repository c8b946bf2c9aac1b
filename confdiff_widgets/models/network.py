"""The score network: predicts the structure from noisy frames, time and a representation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..geometry.rigid import Rigid
from .config import NetworkConfig
from .embedder import Embedder, SequenceTerms
from .score_model import Prediction
from .structure_module import COORDINATE_SCALE, StructureModule


class ScoreNetwork(nn.Module):
    """Network that predicts x_0 (frames and torsions) from x_t.

    Amino-acid types enter through the representation alone; without one the network is
    unconditional.
    """

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.config = config
        self.embedder = Embedder(config)
        self.structure_module = StructureModule(config)

    def sequence_terms(
        self, residue_index: Tensor, node_repr: Tensor | None, pair_repr: Tensor | None
    ) -> SequenceTerms:
        """Compute what depends on the sequence only, for repeated evaluations.

        Parameters are those of :meth:`forward`.

        Raises
        ------
        ValueError
            If features are missing or of another size.
        """
        return self.embedder.sequence_terms(residue_index, node_repr, pair_repr)

    def forward(
        self,
        rigid: Rigid,
        t: Tensor,
        *,
        node_repr: Tensor | None = None,
        pair_repr: Tensor | None = None,
        mask: Tensor | None = None,
        residue_index: Tensor | None = None,
        inverse_temperature: Tensor | None = None,
        terms: SequenceTerms | None = None,
    ) -> Prediction:
        """Predict x_0.

        Parameters
        ----------
        rigid : Rigid, shape (B, L)
            Noisy frames, Å.
        t : Tensor, shape (B,)
            Time in [0, 1].
        node_repr : Tensor, shape (L, c) or (B, L, c), optional
        pair_repr : Tensor, shape (L, L, c) or (B, L, L, c), optional
        mask : Tensor of bool, shape (B, L), optional
            Real residues; all, if left out.
        residue_index : Tensor, shape (L,) or (B, L), optional
            Counted from 0, if left out.
        inverse_temperature : Tensor, shape (B,), optional
            η of :mod:`confdiff_widgets.models.temperature`; needed by a thermal network, otherwise
            ignored.
        terms : SequenceTerms, optional
            Result of :meth:`sequence_terms`; replaces the representation and the residue index.
        """
        if terms is None:
            if residue_index is None:
                residue_index = torch.arange(rigid.trans.shape[1], device=rigid.trans.device)
                if mask is not None:
                    residue_index = residue_index * mask
            terms = self.sequence_terms(residue_index, node_repr, pair_repr)
        scaled = rigid.scale(COORDINATE_SCALE)
        node, pair = self.embedder(t, scaled.trans, terms, mask, inverse_temperature)
        trunk = self.structure_module(scaled, node, pair, mask)
        head = self.config.head
        return Prediction(
            frames=trunk.frames.scale(1 / COORDINATE_SCALE),
            side_chains=trunk.torsions,
            force=self.structure_module.force(trunk, mask) if head == "force" else None,
            energy=self.structure_module.energy(trunk) if head == "energy" else None,
            gradient=self.structure_module.gradient(scaled, trunk) if head == "gradient" else None,
        )
