"""Keys of stored sweeps: the key of a cell, and the names in files that must not change.

Changing a string of this module orphans the cells of existing sweep folders, because a cell is
found again by the hash of its content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import torch

from ..models.score_model import ScoreModel
from .cell import Cell

STORED_NAMES = {"guidance_network": "head"}
"""Attributes of a `SweepJob` that ``sweep.json`` stores under another name."""

NEWER_SETTINGS = ("representation", "features")
"""Attributes of a `SweepJob` that version 0.1 does not have; stored only if they are set."""


def baseline_key(metric: str) -> str:
    """Return the key of a metric's sampling baseline."""
    return f"{metric}_floor"


def excess_key(metric: str) -> str:
    """Return the key of a metric's excess; cells of earlier versions lack it."""
    return f"{metric}_excess"


def cell_key(
    cell: Cell, weights: str, energies: int | None = None, metrics_version: int | None = None
) -> str:
    """Return the key of a cell: equal for equal settings, weights and seeds.

    Parameters
    ----------
    cell : Cell
    weights : str
        :func:`fingerprint` of the networks, features and sequence.
    energies : int, optional
        Number of energies that the metrics include.
    metrics_version : int, optional
        Version of the definition of the metrics.
    """
    metrics = {"energies": energies, "judgement": metrics_version}
    content = {
        "config": cell.config.to_dict(),
        "weights": weights,
        "judged": {name: value for name, value in metrics.items() if value is not None},
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def fingerprint(
    sequence: str, models: Iterable[ScoreModel | None], features: Iterable[torch.Tensor | None]
) -> str:
    """Return the hash of a sequence, of the weights of models in order, and of their features."""
    digest = hashlib.sha256(sequence.encode())
    for model in models:
        digest.update(b"network")
        for name, value in model.weights() if model is not None else ():
            digest.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
            digest.update(_bytes(value))
    for feature in features:
        digest.update(b"features")
        if feature is not None:
            digest.update(str(tuple(feature.shape)).encode())
            digest.update(_bytes(feature))
    return digest.hexdigest()


def _bytes(value: torch.Tensor) -> bytes:
    return value.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes()
