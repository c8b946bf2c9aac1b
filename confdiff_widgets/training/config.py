"""Settings of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from ..errors import SettingsError
from ..ranges import Range, shown
from .losses import LossWeights

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]

RANGES = {
    "steps": Range(1, 100_000_000, whole=True),
    "residues": Range(1, 10_000_000, whole=True),
    "learning_rate": Range(0, 1, above=True),
    "warmup": Range(0, 100_000_000, whole=True),
    "weight_decay": Range(0, 10),
    "clip": Range(0, 1e6, above=True),
    "ema": Range(0, 1),
    "t_min": Range(1e-4, 0.5),
    "seed": Range(0, 2**53 - 1, whole=True),
    "checkpoint_every": Range(1, 100_000_000, whole=True),
    "cold_weight": Range(0.01, 100.0),
}
"""Ranges of the settings of a training."""


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of a training run.

    Attributes
    ----------
    steps : int
        Total number of optimiser steps. The learning rate decays to 0 (cosine).
    residues : int
        Number of residues in a batch.
    learning_rate, weight_decay : float
        Settings of AdamW.
    warmup : int
        Number of steps of the linear warm-up.
    clip : float
        Gradient norm above which gradients are scaled down.
    ema : float
        Decay of the exponential moving average of the weights, which is the result.
    t_min : float
        Smallest diffusion time.
    precision : str
        Precision in Lightning Fabric: "32-true", "bf16-mixed" or "16-mixed".
    checkpoint_every : int
        Number of steps between checkpoints.
    cold_weight : float
        Frequency of conformers at T_cold relative to those at T_hot, for a thermal network.
    losses : LossWeights
        Weights of the loss terms of score matching.
    """

    steps: int = 20_000
    residues: int = 640
    learning_rate: float = 1e-3
    warmup: int = 500
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.999
    t_min: float = 0.01
    seed: int = 0
    precision: Precision = "32-true"
    checkpoint_every: int = 500
    cold_weight: float = 1.0
    losses: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        for name, allowed in RANGES.items():
            object.__setattr__(self, name, allowed.check(getattr(self, name), name))
        if self.precision not in get_args(Precision):
            raise SettingsError(
                f"precision is {shown(self.precision)}. Use {', '.join(get_args(Precision))}."
            )
