"""The protocol of a sequence representation, and checks of its features."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from ..errors import UserError
from ..models.config import NetworkConfig


class RepresentationError(UserError, ValueError):
    """Features cannot be computed, read, or used with a network."""


class Features(NamedTuple):
    """Features of one sequence."""

    node: Tensor  # (L, node_size)
    pair: Tensor | None = None  # (L, L, pair_size)

    def to(self, device: torch.device | str) -> Features:
        """Return the features on a device."""
        return Features(self.node.to(device), None if self.pair is None else self.pair.to(device))


class Representation(Protocol):
    """A map from sequence to features.

    Attributes
    ----------
    name : str
        Stored with a model that was trained on it.
    node_size, pair_size : int
        Features per residue and per residue pair; 0 for none.
    """

    name: str
    node_size: int
    pair_size: int

    def __call__(self, sequence: str) -> Features:
        """Compute the features of a sequence of one-letter codes.

        Raises
        ------
        SequenceError
            If the sequence is empty or has unknown letters.
        RepresentationError
            If the features cannot be made or found.
        """
        ...


def check_features(features: Features, sequence: str, source: str) -> Features:
    """Check the shape of features and return them in single precision.

    Raises
    ------
    RepresentationError
        For another length, another number of dimensions, or numbers that are not finite.
    """
    length = len(sequence)
    for kind, tensor, dimensions in (("node", features.node, 2), ("pair", features.pair, 3)):
        if tensor is None:
            continue
        if tensor.dim() != dimensions or any(n != length for n in tensor.shape[:-1]):
            wanted = " x ".join([str(length)] * (dimensions - 1))
            raise RepresentationError(
                f"{source} holds {kind} features of shape {tuple(tensor.shape)}, and the sequence "
                f"{_short(sequence)} has {length} residues: {wanted} x channels are needed. They "
                "belong to another sequence; make them again for this one."
            )
        if not tensor.is_floating_point() or not torch.isfinite(tensor).all():
            raise RepresentationError(
                f"{source} holds {kind} features that are not finite numbers ({tensor.dtype}): "
                "make them again, in single precision if they overflowed in half."
            )
    pair = None if features.pair is None else features.pair.float()
    return Features(features.node.float(), pair)


def fit_features(features: Features, config: NetworkConfig, name: str) -> Features:
    """Return the features that a network takes; surplus pair features are dropped.

    Raises
    ------
    RepresentationError
        If the network was trained on another number of features.
    """
    pair_size = 0 if features.pair is None else features.pair.shape[-1]
    node_size = features.node.shape[-1]
    if node_size != config.node_repr or config.pair_repr not in (0, pair_size):
        raise RepresentationError(
            f"The network takes {config.node_repr} features per residue and {config.pair_repr} "
            f"per pair; {name} has {node_size} and {pair_size}. Choose the representation that "
            "the network was trained on."
        )
    return features if config.pair_repr else Features(features.node)


def _short(sequence: str) -> str:
    return sequence if len(sequence) <= 20 else f"{sequence[:20]}..."
