"""The CONFDIFF network as a score model of one sequence."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from ..diffusion.se3 import SE3Process
from ..geometry.rigid import Rigid
from .cost import evaluation_bytes, evaluation_work
from .embedder import SequenceTerms
from .network import ScoreNetwork
from .network_file import load_network
from .score_model import Features, Prediction, ScoreModel


class ConfDiffModel:
    """A CONFDIFF network with the features of a sequence; implements `ScoreModel`.

    Parameters
    ----------
    network : ScoreNetwork
        Its weights must not change after the first evaluation, which keeps terms of the sequence.
    features : Features or None
        Representation of the sequence, if the network takes one.
    process : SE3Process, optional
    inverse_temperature : float
        η at which a thermal network is evaluated; see :mod:`confdiff_widgets.models.temperature`.
    """

    def __init__(
        self,
        network: ScoreNetwork,
        features: Features | None = None,
        process: SE3Process | None = None,
        inverse_temperature: float = 0.0,
    ):
        self.network, self.features = network, features
        self.process = process or network.config.process()
        self.inverse_temperature = inverse_temperature
        self._terms: tuple[int, SequenceTerms] | None = None

    @classmethod
    def load(cls, path: str | Path, *, device: torch.device | str = "cpu") -> ConfDiffModel:
        """Load a network file, without features.

        Raises
        ------
        CheckpointError
            If the file contains no usable network.
        """
        return cls(load_network(path, device=device)[0])

    def with_features(self, features: Features | None) -> ConfDiffModel:
        """Return a model of another sequence that shares the network."""
        return ConfDiffModel(self.network, features, self.process, self.inverse_temperature)

    def at(self, inverse_temperature: float) -> ConfDiffModel:
        return ConfDiffModel(self.network, self.features, self.process, inverse_temperature)

    def first_residues(self, length: int) -> ConfDiffModel:
        return self.with_features(self.features and self.features.first_residues(length))

    @property
    def t_min(self) -> float:
        return self.network.config.t_min

    @property
    def head(self) -> str | None:
        return self.network.config.head

    @property
    def thermal(self) -> bool:
        return self.network.config.temperature > 0

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    def evaluation_bytes(self, length: int, samples: int = 1) -> int:
        tiled = self.device.type == "cpu"
        return evaluation_bytes(self.network.config, length, samples, tiled=tiled)

    def work(self, length: int) -> float:
        return evaluation_work(self.network.config, length)

    def weights(self) -> Iterable[tuple[str, Tensor]]:
        return self.network.state_dict().items()

    def inputs(self) -> tuple[Tensor | None, ...]:
        return () if self.features is None else tuple(self.features)

    def shares_prediction(self, other: ScoreModel) -> bool:
        if not isinstance(other, ConfDiffModel):
            return False
        ours = dict(self.weights())
        return (
            self.inverse_temperature == other.inverse_temperature
            and len(self.inputs()) == len(other.inputs())
            and all(_same(a, b) for a, b in zip(self.inputs(), other.inputs(), strict=True))
            and all(
                name in ours and ours[name].data_ptr() == tensor.data_ptr()
                for name, tensor in other.weights()
            )
        )

    def __call__(self, rigid: Rigid, t: float) -> Prediction:
        def batch(value: float) -> Tensor:
            return torch.full((rigid.shape[0],), value, device=rigid.trans.device)

        return self.network(
            rigid,
            batch(t),
            terms=self._sequence_terms(rigid.shape[-1]),
            inverse_temperature=batch(self.inverse_temperature) if self.thermal else None,
        )

    @torch.inference_mode(False)  # for gradients of an energy head
    @torch.no_grad()
    def _sequence_terms(self, length: int) -> SequenceTerms:
        """Return the terms of the sequence, which are computed once."""
        if self._terms is None or self._terms[0] != length:
            node, pair = self.inputs() or (None, None)
            index = torch.arange(length, device=self.device)
            self._terms = length, self.network.sequence_terms(index, node, pair)
        return self._terms[1]


def _same(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return a is b or torch.equal(a, b)
