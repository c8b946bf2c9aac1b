"""A harmonic restraint of the end-to-end distance, as an example of a guidance kind."""

from __future__ import annotations

import torch

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance.physical import EnergyGradient
from confdiff_widgets.guidance.registry import GuidanceKind
from confdiff_widgets.models.score_model import ScoreModel

STIFFNESS = 0.02
"""k of E = k (d - d₀)² / 2, in kT/Å²."""

TARGET = 5.0
"""d₀, Å."""


class EndToEndGuidance:
    """∇E_t of a harmonic restraint of the distance between the first and the last CA atom.

    E_t(x_t) is approximated by E(x̂₀), as in diffusion posterior sampling (Chung et al. 2023, arXiv
    2209.14687), and ∂x̂₀/∂x_t by α(t), as in the published CONFDIFF guidance.

    Parameters
    ----------
    model : ScoreModel
        Predicts x̂₀.
    """

    name = "ends"
    memory = 1.0

    def __init__(self, model: ScoreModel):
        self.model = model
        self.process = model.process

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        ca = self.model(rigid, t).frames.trans  # (B, L, 3) Å
        ends = ca[:, -1] - ca[:, 0]
        distance = torch.linalg.vector_norm(ends, dim=-1, keepdim=True).clamp_min(1e-6)
        force = STIFFNESS * (distance - TARGET) * ends / distance  # ∂E/∂(last CA), kT/Å
        gradient = torch.zeros_like(ca)
        gradient[:, -1], gradient[:, 0] = force, -force
        energy = 0.5 * STIFFNESS * (distance[:, 0] - TARGET) ** 2
        r3 = self.process.r3
        return EnergyGradient(r3.alpha(t) * gradient / r3.scale, energy=energy)


ENDS = GuidanceKind(
    "end-to-end restraint",
    f"A harmonic restraint holds the ends of the chain {TARGET:g} Å apart. One more evaluation.",
    (),  # uses no head of the network
    EndToEndGuidance,
    eta_range=(0.0, 20.0),
)
