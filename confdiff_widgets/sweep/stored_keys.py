"""Keys of stored sweeps: the key of a cell, and the names in files that must not change.

Changing a string of this module orphans the cells of existing sweep folders, because a cell is
found again by the hash of its content.
"""

from __future__ import annotations

import hashlib
import json

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
        `models.fingerprint.fingerprint` of the networks, features and sequence.
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
