"""Guidance by the heads of the published checkpoints, as in the released code (method section 3).

These heads were trained with other conventions than those of `confdiff train`: their output is
normalised to unit length per residue, so its size does not reflect that of the energy gradient.
Only positions are guided.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..geometry.rigid import Rigid
from ..models.score_model import Prediction, ScoreModel
from .physical import EnergyGradient, EnergyGuidance, ForceGuidance, PhysicalGuidance


class ReleasedForceGuidance(ForceGuidance):
    """Guidance (1 - t) F_0/|F_0| + t (1 - t) F_t/|F_t| of a published force head."""

    def __init__(self, model: ScoreModel):
        super().__init__(model, rotations=False)

    def evaluate(self, rigid: Rigid, t: float) -> tuple[EnergyGradient, Prediction]:
        prediction = self.model(rigid, t)
        assert prediction.force is not None
        force_t, force_0 = map(_unit, prediction.force)
        return EnergyGradient((1 - t) * force_0 + t * (1 - t) * force_t), prediction


class ReleasedEnergyGuidance(EnergyGuidance):
    """Gradient of a published energy head, normalised to unit length per residue."""

    def __init__(self, model: ScoreModel):
        super().__init__(model, rotations=False)

    def evaluate(self, rigid: Rigid, t: float) -> tuple[EnergyGradient, Prediction]:
        found, prediction = super().evaluate(rigid, t)
        return found._replace(trans=_unit(found.trans)), prediction


def released_guidance(model: ScoreModel) -> PhysicalGuidance:
    """Return the physical guidance of a published head.

    Raises
    ------
    SettingsError
        If the network has none.
    """
    kind = ReleasedEnergyGuidance if model.head == "energy" else ReleasedForceGuidance
    return kind(model)


def _unit(vectors: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vectors, dim=-1)
