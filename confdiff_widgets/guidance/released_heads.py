"""Guidance by the heads of the authors' checkpoints, as their code does it (method section 3).

Their heads were trained to other conventions than those of `confdiff train`: what they say is
brought to unit length on each residue, so only its direction counts, and η alone sets the size.
Positions alone are guided.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..geometry.rigid import Rigid
from ..models.network import ScoreNetwork
from ..representations.base import Features
from .physical import EnergyGradient, EnergyGuidance, ForceGuidance, PhysicalGuidance


class ReleasedForceGuidance(ForceGuidance):
    """The blend (1 - t) F_0/|F_0| + t (1 - t) F_t/|F_t| of a published force head."""

    def __init__(self, network: ScoreNetwork, features: Features | None):
        super().__init__(network, features, rotations=False)

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        prediction = self.network(
            rigid,
            torch.full((rigid.shape[0],), t, device=rigid.trans.device),
            node_repr=self.features.node if self.features else None,
            pair_repr=self.features.pair if self.features else None,
        )
        assert prediction.force is not None
        force_t, force_0 = map(_unit, prediction.force)
        return EnergyGradient((1 - t) * force_0 + t * (1 - t) * force_t)


class ReleasedEnergyGuidance(EnergyGuidance):
    """The gradient of a published energy head, of unit length on each residue."""

    def __init__(self, network: ScoreNetwork, features: Features | None):
        super().__init__(network, features, rotations=False)

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        found = super().__call__(rigid, t)
        return found._replace(trans=_unit(found.trans))


def released_term(network: ScoreNetwork, features: Features | None) -> PhysicalGuidance:
    """The physical term of a published head.

    Raises
    ------
    SettingsError
        If the network has none.
    """
    kind = ReleasedEnergyGuidance if network.config.head == "energy" else ReleasedForceGuidance
    return kind(network, features)


def _unit(vectors: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vectors, dim=-1)
