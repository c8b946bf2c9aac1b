"""The density of a path: its score at a fixed time t as tangent vectors of the path's metric."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from ...geometry.rigid import Rigid
from ...guidance.cfg import ScoreEvaluation, join_evaluations
from ...guidance.guided_score import GuidedScore
from ..memory import Chunked
from .metric import FrameMetric


class DensityScore(NamedTuple):
    """Score of conformers and their predicted structures."""

    score: Tensor  # (B, L, 6) ∇ log p in components of the metric, 1/Å
    structures: Rigid  # (B, L) x̂_0 in Å; the conformers themselves for a density of data
    side_chains: Tensor | None = None  # (B, L, 7, 2) of the network


class PathDensity(Protocol):
    """A density p of frames in which a path is found.

    Attributes
    ----------
    metric : FrameMetric
    step_sizes : Tensor, shape (6,)
        Squared length (Å²) of a stable step along the score, for each component of a tangent
        vector.
    """

    @property
    def metric(self) -> FrameMetric: ...

    @property
    def step_sizes(self) -> Tensor: ...

    def __call__(self, frames: Rigid) -> DensityScore:
        """Evaluate the score at frames (B, L), positions in Å."""
        ...

    def enter(self, structures: Rigid) -> Rigid:
        """Return the most probable frames of p that structures (B, L) are noised to."""
        ...


@dataclass(frozen=True, eq=False)
class NoisedDensity:
    """The density q_t of a diffusion model at a fixed t, guided by γ and η.

    The network's positions are scaled (0.1 per Å) and its scores are those of scaled positions;
    both are converted here. The noise of the forward process is the narrowest scale of q_t, so its
    variance is a stable step for any data: a step x + σ² s of positions is the predicted structure.

    Attributes
    ----------
    guided : GuidedScore
    t, gamma, eta : float
    metric : FrameMetric
    chunk : int
        Conformers per network evaluation.
    """

    guided: GuidedScore
    t: float
    gamma: float
    eta: float
    metric: FrameMetric
    chunk: int = 64

    @property
    def step_sizes(self) -> Tensor:
        process, length = self.guided.process, self.metric.rotation_length
        position = (process.r3.sigma(self.t) / process.r3.scale) ** 2
        rotation = (length * process.so3.sigma(self.t)) ** 2
        return torch.tensor(3 * [position] + 3 * [rotation])

    def __call__(self, frames: Rigid) -> DensityScore:
        def evaluate(part: slice) -> ScoreEvaluation:
            return self.guided(frames[part].center(), self.t, self.gamma, self.eta)

        found = Chunked(evaluate, join_evaluations, self.chunk)(frames.shape[0])
        scale, length = self.guided.process.r3.scale, self.metric.rotation_length
        score = torch.cat([found.score.trans * scale, found.score.rot / length], dim=-1)
        return DensityScore(
            self.metric.without_rigid_motion(frames, score), found.frames, found.side_chains
        )

    def at(self, t: float) -> NoisedDensity:
        """Return the density of the same model at another t."""
        return replace(self, t=t)

    def enter(self, structures: Rigid) -> Rigid:
        return structures.center().scale(self.guided.process.r3.alpha(self.t))


def isotropic_length(guided: GuidedScore, t: float) -> float:
    """Return the ℓ (Å per radian) with which the noise at t is isotropic."""
    process = guided.process
    return process.r3.sigma(t) / process.r3.scale / process.so3.sigma(t)
