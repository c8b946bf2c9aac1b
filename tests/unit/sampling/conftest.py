from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance.mix import GammaMix
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network import Prediction
from confdiff_widgets.sampling import Run, SamplerConfig

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def make_run(tiny_mix: GammaMix) -> Callable[..., Run]:
    """Makes short runs of tiny networks; settings as in :class:`SamplerConfig`."""

    def make(
        *,
        mix: GammaMix | None = None,
        structure: Rigid | None = None,
        keep_every: int = 1,
        **settings,
    ) -> Run:
        settings = {"samples": 4, "solver": "ddim", "steps": 9, "stochasticity": 1.0} | settings
        config = SamplerConfig(**settings)
        return Run(mix or tiny_mix, SEQUENCE, config, structure=structure, keep_every=keep_every)

    return make


class GaussianData(nn.Module):
    """Stands for a network that learned perfectly: E[x_0 | x_t] of data whose CA positions
    scatter normally around a fold, with all orientations at the identity.
    """

    def __init__(self, fold: torch.Tensor, spread: float):
        super().__init__()
        self.config = NetworkConfig(c_s=8, c_z=8)
        self.fold = nn.Parameter(fold - fold.mean(0), requires_grad=False)  # (L, 3) Å
        self.spread = spread  # Å

    def forward(self, rigid: Rigid, t: torch.Tensor, **_: object) -> Prediction:
        integral = (0.1 * t + 9.95 * t**2)[:, None, None]
        alpha, variance = torch.exp(-integral / 2), 100 * -torch.expm1(-integral)  # Å²
        gain = alpha * self.spread**2 / (alpha**2 * self.spread**2 + variance)
        trans = self.fold + gain * (rigid.trans - alpha * self.fold)
        quat = torch.zeros_like(rigid.quat)
        quat[..., 0] = 1
        torsions = torch.zeros(*rigid.shape, 7, 2)
        torsions[..., 1] = 1
        return Prediction(Rigid(quat, trans), torsions)


@pytest.fixture
def gaussian_mix() -> GammaMix:
    """A straight chain whose CA atoms scatter by 2 Å, as its perfect (conditional) network."""
    fold = torch.zeros(10, 3)
    fold[:, 0] = 3.8 * torch.arange(10)
    return GammaMix(GaussianData(fold, 2.0), None, None)
