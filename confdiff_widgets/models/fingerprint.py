"""Hashes of the weights of networks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch

from .score_model import ScoreModel

if TYPE_CHECKING:
    from hashlib import _Hash


def weights_hash(models: Iterable[ScoreModel | None]) -> str:
    """Return the hash of the weights of models in order, as hexadecimal digits."""
    digest = hashlib.sha256()
    add_weights(digest, models)
    return digest.hexdigest()


def fingerprint(
    sequence: str, models: Iterable[ScoreModel | None], features: Iterable[torch.Tensor | None]
) -> str:
    """Return the hash of a sequence, of the weights of models in order, and of their features."""
    digest = hashlib.sha256(sequence.encode())
    add_weights(digest, models)
    for feature in features:
        digest.update(b"features")
        if feature is not None:
            digest.update(str(tuple(feature.shape)).encode())
            digest.update(_bytes(feature))
    return digest.hexdigest()


def add_weights(digest: _Hash, models: Iterable[ScoreModel | None]) -> None:
    """Add the weights of models to a hash."""
    for model in models:
        digest.update(b"network")
        for name, value in model.weights() if model is not None else ():
            digest.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
            digest.update(_bytes(value))


def _bytes(value: torch.Tensor) -> bytes:
    return value.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes()
