"""The protocol of a sequence representation, and checks of its features."""

from __future__ import annotations

from typing import Protocol

import torch

from ..errors import UserError
from ..models.score_model import Features


class RepresentationError(UserError, ValueError):
    """Features cannot be computed, read, or used with a network."""


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


def fit_features(features: Features, node_size: int, pair_size: int, name: str) -> Features:
    """Return the features that a network of these input sizes takes; drop surplus pair features.

    Raises
    ------
    RepresentationError
        If the network was trained on another number of features.
    """
    given_pair = 0 if features.pair is None else features.pair.shape[-1]
    given_node = features.node.shape[-1]
    if given_node != node_size or pair_size not in (0, given_pair):
        raise RepresentationError(
            f"The network takes {node_size} features per residue and {pair_size} per pair; "
            f"{name} has {given_node} and {given_pair}. Choose the representation that "
            "the network was trained on."
        )
    return features if pair_size else Features(features.node)


def _short(sequence: str) -> str:
    return sequence if len(sequence) <= 20 else f"{sequence[:20]}..."
