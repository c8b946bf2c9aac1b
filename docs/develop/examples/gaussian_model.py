"""An exact score model of a Gaussian chain, as an example of a model family."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.geometry.atom14 import planar_side_chains
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.models.score_model import Prediction, ScoreModel


class GaussianChain:
    """CA atoms that scatter normally around a fold, with all orientations alike; exact E[x₀ | x_t].

    Parameters
    ----------
    fold : Tensor, shape (L, 3)
        Mean CA positions, Å.
    spread : float
        Standard deviation of each coordinate, Å.
    """

    t_min = 0.01
    head = None
    thermal = False

    def __init__(self, fold: Tensor, spread: float):
        self.fold, self.spread = fold - fold.mean(0), spread
        self.process = SE3Process()

    @property
    def device(self) -> torch.device:
        return self.fold.device

    def evaluation_bytes(self, length: int, samples: int = 1) -> int:
        return 64 * length * samples  # x_t and x̂₀, as 32-bit floats

    def work(self, length: int) -> float:
        return 10.0 * length

    def weights(self) -> Iterable[tuple[str, Tensor]]:
        return [("fold", self.fold), ("spread", torch.tensor(self.spread))]

    def inputs(self) -> tuple[Tensor | None, ...]:
        return (self.fold,)

    def at(self, inverse_temperature: float) -> GaussianChain:
        return self

    def first_residues(self, length: int) -> GaussianChain:
        return GaussianChain(self.fold[:length], self.spread)

    def shares_prediction(self, other: ScoreModel) -> bool:
        return other is self

    def __call__(self, rigid: Rigid, t: float) -> Prediction:
        r3 = self.process.r3
        alpha, variance = r3.alpha(t), r3.variance(t) / r3.scale**2  # Å²
        gain = alpha * self.spread**2 / (alpha**2 * self.spread**2 + variance)
        trans = self.fold + gain * (rigid.trans - alpha * self.fold)
        quat = torch.zeros_like(rigid.quat)
        quat[..., 0] = 1
        return Prediction(Rigid(quat, trans), planar_side_chains(*rigid.shape))
