"""The protocol of a score model, which hides one model family from samplers and guidance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from ..diffusion.se3 import SE3Process
from ..geometry.rigid import Rigid


class Features(NamedTuple):
    """Features of one sequence, the input of a conditional model."""

    node: Tensor  # (L, node_size)
    pair: Tensor | None = None  # (L, L, pair_size)

    def to(self, device: torch.device | str) -> Features:
        """Return the features on a device."""
        return Features(self.node.to(device), None if self.pair is None else self.pair.to(device))

    def first_residues(self, length: int) -> Features:
        """Return the features of the first residues."""
        pair = None if self.pair is None else self.pair[:length, :length]
        return Features(self.node[:length], pair)


class Prediction(NamedTuple):
    """Structure and guidance terms predicted from x_t.

    ``side_chains`` together with the frames determines all atoms
    (:func:`~confdiff_widgets.geometry.atom14.build_atom14`); samplers and guidance only pass it on.
    """

    frames: Rigid  # (B, L) x̂_0, Å
    side_chains: Tensor  # (B, L, 7, 2) unit (sin, cos) of the torsions
    force: tuple[Tensor, Tensor] | None = None  # F_t and F_0, each (B, L, 3), force head only
    energy: Tensor | None = None  # (B,), energy head only
    gradient: tuple[Tensor, Tensor] | None = None  # positions, orientations; gradient head only

    def detach(self) -> Prediction:
        """Return the predicted structure alone, without its graph."""
        frames = Rigid(self.frames.quat.detach(), self.frames.trans.detach())
        return Prediction(frames, self.side_chains.detach())


class ScoreModel(Protocol):
    """A model that predicts the structure of one sequence from noisy frames.

    Attributes
    ----------
    process : SE3Process
        Forward process that the model was trained with.
    t_min : float
        Smallest time at which the model can be evaluated.
    head : str or None
        Guidance head of the model.
    thermal : bool
        Whether the model takes the temperature as an input.
    device : torch.device
    """

    process: SE3Process

    @property
    def t_min(self) -> float: ...

    @property
    def head(self) -> str | None: ...

    @property
    def thermal(self) -> bool: ...

    @property
    def device(self) -> torch.device: ...

    def evaluation_bytes(self, length: int, samples: int = 1) -> int:
        """Estimate the peak memory of an evaluation without gradients, in bytes."""
        ...

    def work(self, length: int) -> float:
        """Return the multiplications of an evaluation of one conformer."""
        ...

    def weights(self) -> Iterable[tuple[str, Tensor]]:
        """Return the weights by name, in a fixed order; they identify the model."""
        ...

    def inputs(self) -> tuple[Tensor | None, ...]:
        """Return the tensors that describe the sequence; empty for an unconditional model."""
        ...

    def at(self, inverse_temperature: float) -> ScoreModel:
        """Return the model at another η of :mod:`confdiff_widgets.models.temperature`.

        A model that is not thermal returns itself or an equal model.
        """
        ...

    def first_residues(self, length: int) -> ScoreModel:
        """Return the model of the first residues of the sequence."""
        ...

    def shares_prediction(self, other: ScoreModel) -> bool:
        """Return whether this model predicts the same frames as another, with the same weights.

        A model with a guidance head shares the prediction of the model on which the head sits.
        """
        ...

    def __call__(self, rigid: Rigid, t: float) -> Prediction:
        """Predict x̂_0 from x_t, frames (B, L) in Å."""
        ...
