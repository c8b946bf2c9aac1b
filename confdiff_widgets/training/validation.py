"""Validation: the loss on held-out conformers with fixed noise, and early stopping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..errors import SettingsError
from ..models.config import NetworkConfig
from ..models.network import ScoreNetwork
from ..representations.base import Representation
from .batches import BatchSampler
from .conformers import Conformers
from .objectives import Objective

BATCHES = 8
"""Number of batches per evaluation."""

SEED = 20_240_321
"""Seed of each evaluation, so that all of them use the same batches and noise."""


def split_conformers(conformers: Conformers, fraction: float) -> tuple[Conformers, Conformers]:
    """Split conformers into a training set and a held-out ``fraction``.

    Whole trajectories are held out if there are enough of them, otherwise the end of the
    trajectory, because consecutive frames are correlated.

    Raises
    ------
    SettingsError
        If one of the two sets would be empty.
    """
    replicas = conformers.replica.unique()
    held = replicas[len(replicas) - round(fraction * len(replicas)) :]
    if 0 < len(held) < len(replicas):
        mask = torch.isin(conformers.replica, held)
    else:
        mask = torch.zeros(len(conformers), dtype=torch.bool)
        mask[len(conformers) - round(fraction * len(conformers)) :] = True
    if not 0 < int(mask.sum()) < len(conformers):
        raise SettingsError(
            f"{conformers.name}: of {len(conformers)} conformers, a fraction of {fraction:g} "
            "cannot be held out. Give more conformers, or another --validate."
        )
    return conformers.select(~mask), conformers.select(mask)


class Validation:
    """Evaluates a network on held-out conformers.

    Parameters
    ----------
    data, probabilities, residues, representation
        As for training, see :class:`BatchSampler`.
    patience : int
        Number of evaluations without improvement after which training stops; 0 for never.

    Attributes
    ----------
    best : float
        Lowest loss so far.
    since : int
        Number of evaluations since then.
    history : list of (int, float)
        Step and loss of each evaluation.
    """

    def __init__(
        self,
        data: Sequence[Conformers],
        probabilities: Sequence[float],
        residues: int,
        representation: Representation | None,
        *,
        patience: int = 0,
    ):
        if patience < 0:
            raise SettingsError(f"patience is {patience}. Give 0 or more evaluations.")
        self.sampler = BatchSampler(data, probabilities, residues, representation)
        self.patience = patience
        self.best, self.since = float("inf"), 0
        self.history: list[tuple[int, float]] = []

    @property
    def exhausted(self) -> bool:
        """Whether training should stop."""
        return 0 < self.patience <= self.since

    def evaluate(
        self,
        step: int,
        config: NetworkConfig,
        weights: Mapping[str, Tensor],
        objective: Objective,
        device: torch.device,
    ) -> bool:
        """Evaluate the weights and return whether they are the best so far."""
        network = ScoreNetwork(config).to(device).eval()
        network.load_state_dict(dict(weights))
        network.requires_grad_(False)
        generator = torch.Generator().manual_seed(SEED)
        losses = []
        with torch.random.fork_rng(devices=[]):
            for _ in range(BATCHES):
                batch = self.sampler.draw(generator)
                loss, _ = objective(network, batch, generator, device)
                losses.append(float(loss.detach()))
        loss_mean = sum(losses) / len(losses)
        self.history.append((step, loss_mean))
        improved = loss_mean < self.best
        self.best, self.since = (loss_mean, 0) if improved else (self.best, self.since + 1)
        return improved

    def state_dict(self) -> dict:
        return {"best": self.best, "since": self.since, "history": self.history}

    def load_state_dict(self, state: dict) -> None:
        self.best, self.since = state["best"], state["since"]
        self.history = [(int(step), float(loss)) for step, loss in state["history"]]
