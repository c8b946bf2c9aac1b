"""Keys of stored sweeps: the key of a cell, and the names in files that must not change.

Changing a string of this module orphans the cells of existing sweep folders, because a cell is
found again by the hash of its content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import torch
from torch import nn

from .cell import Cell

STORED_NAMES = {"guidance_network": "head"}
"""Attributes of a `SweepJob` that ``sweep.json`` stores under another name."""

NEWER_SETTINGS = ("representation", "features")
"""Attributes of a `SweepJob` that version 0.1 does not have; stored only if they are set."""


def baseline_key(metric: str) -> str:
    """Return the key of a metric's sampling baseline."""
    return f"{metric}_floor"


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
    sequence: str, networks: Iterable[nn.Module | None], features: Iterable[torch.Tensor | None]
) -> str:
    """Return the hash of a sequence, of the weights of networks in order, and of their features."""
    digest = hashlib.sha256(sequence.encode())
    for network in networks:
        digest.update(b"network")
        for name, value in network.state_dict().items() if network is not None else ():
            digest.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
            digest.update(_bytes(value))
    for value in features:
        digest.update(b"features")
        if value is not None:
            digest.update(str(tuple(value.shape)).encode())
            digest.update(_bytes(value))
    return digest.hexdigest()


def _bytes(value: torch.Tensor) -> bytes:
    return value.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes()
