from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.geometry.atom14 import planar_side_chains
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.guidance import ClassifierFreeGuidance, EnergyGradient, PhysicalGuidance
from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.score_model import Prediction
from confdiff_widgets.sampling import Run, SamplerConfig

from ..sessions import make_session, system

__all__ = ["make_session", "system"]

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def make_run(tiny_cfg: ClassifierFreeGuidance) -> Callable[..., Run]:
    """Return a function that makes short runs; settings as in :class:`SamplerConfig`."""

    def make(
        *,
        cfg: ClassifierFreeGuidance | None = None,
        structure: Rigid | None = None,
        physical: PhysicalGuidance | None = None,
        keep_every: int = 1,
        **settings,
    ) -> Run:
        settings = {"samples": 4, "solver": "ddim", "steps": 9, "stochasticity": 1.0} | settings
        config = SamplerConfig(**settings)
        return Run(
            cfg or tiny_cfg,
            SEQUENCE,
            config,
            structure=structure,
            physical=physical,
            keep_every=keep_every,
        )

    return make


class GaussianData(nn.Module):
    """Exact network for a Gaussian distribution: returns E[x_0 | x_t].

    The CA positions of the data scatter normally around a fold; all orientations are the identity.
    """

    def __init__(self, fold: torch.Tensor, spread: float):
        super().__init__()
        self.config = NetworkConfig(c_s=8, c_z=8)
        self.fold = nn.Parameter(fold - fold.mean(0), requires_grad=False)  # (L, 3) Å
        self.spread = spread  # Å

    def sequence_terms(self, *_: object) -> None:
        """A structure, not a sequence, determines the prediction."""

    def forward(self, rigid: Rigid, t: torch.Tensor, **_: object) -> Prediction:
        integral = (0.1 * t + 9.95 * t**2)[:, None, None]
        alpha, variance = torch.exp(-integral / 2), 100 * -torch.expm1(-integral)  # Å²
        gain = alpha * self.spread**2 / (alpha**2 * self.spread**2 + variance)
        trans = self.fold + gain * (rigid.trans - alpha * self.fold)
        quat = torch.zeros_like(rigid.quat)
        quat[..., 0] = 1
        return Prediction(Rigid(quat, trans), planar_side_chains(*rigid.shape))


@pytest.fixture
def gaussian_mix() -> ClassifierFreeGuidance:
    """Return the exact conditional network of a straight chain whose CA atoms scatter by 2 Å."""
    fold = torch.zeros(10, 3)
    fold[:, 0] = 3.8 * torch.arange(10)
    return ClassifierFreeGuidance(ConfDiffModel(GaussianData(fold, 2.0)), None)


class QuadraticEnergy:
    """The exact ∇E_t of ``gaussian_mix`` for E = Σ |x - centre|² / (2 spread²), in Å.

    Both the data and the data times e^{-E} are normal, so their scores are known at every t.
    """

    name = "quadratic"
    memory = 0.0
    model = None

    def __init__(self, data: GaussianData, centre: torch.Tensor, spread: float):
        self.data = data
        precision = 1 / data.spread**2 + 1 / spread**2
        self.tilted_spread = precision**-0.5  # Å
        pull = data.fold / data.spread**2 + (centre - centre.mean(0)) / spread**2
        self.tilted_fold = pull / precision  # (L, 3) Å

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        r3 = SE3Process().r3

        def score(fold: torch.Tensor, spread: float) -> torch.Tensor:
            alpha, scale = r3.alpha(t), r3.scale
            return (
                -scale
                * (rigid.trans - alpha * fold)
                / ((scale * alpha * spread) ** 2 + r3.variance(t))
            )

        tilted = score(self.tilted_fold, self.tilted_spread)
        return EnergyGradient(score(self.data.fold, self.data.spread) - tilted)


@pytest.fixture
def quadratic(gaussian_mix) -> QuadraticEnergy:
    """Return an energy that bends the chain of ``gaussian_mix``."""
    centre = gaussian_mix.conditional.network.fold.clone()
    centre[:, 1] = 0.1 * centre[:, 0] ** 2
    return QuadraticEnergy(gaussian_mix.conditional.network, centre, 1.5)
