"""One cell of a sweep: settings of one protein, and what came out of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from ..ensembles.ensemble import Ensemble
from ..errors import SettingsError
from ..guidance.schedule import Schedule
from ..sampling.config import SamplerConfig


@dataclass(frozen=True)
class Cell:
    """Settings of one protein.

    Attributes
    ----------
    protein : str
        A name, or a sequence.
    config : SamplerConfig
        The seed is one of its settings.
    """

    protein: str
    config: SamplerConfig

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings, fit for JSON."""
        return {"protein": self.protein, "config": self.config.to_dict()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Cell:
        """Back from :meth:`to_dict`.

        Raises
        ------
        SettingsError
            For settings that this version does not know.
        """
        try:
            return cls(str(content["protein"]), SamplerConfig(**content["config"]))
        except (KeyError, TypeError) as error:
            raise SettingsError(f"A cell lacks or adds a setting: {error}.") from error

    def axis(self, name: str) -> float | str:
        """A setting as a number or a string, such as an axis of a heat map shows it."""
        value = self.protein if name == "protein" else getattr(self.config, name)
        return value.value if isinstance(value, Schedule) else value


@dataclass(frozen=True, eq=False)
class CellResult:
    """What a cell came to.

    Attributes
    ----------
    ensemble : Ensemble or None
        None if the cell failed.
    metrics : dict of str to float
        Numbers to compare cells by.
    reason : str
        Why the cell failed; empty if it did not.
    """

    ensemble: Ensemble | None
    metrics: dict[str, float] = field(default_factory=dict)
    reason: str = ""


def cell_key(cell: Cell, weights: str, metrics: Mapping[str, Any] | None = None) -> str:
    """Name of a cell by its content: equal settings, weights and seed have equal names.

    Parameters
    ----------
    cell : Cell
    weights : str
        :func:`fingerprint` of the networks, features and sequence.
    metrics : mapping, optional
        What else determines the metrics, such as the number of energies.
    """
    # The keys are part of the hash: changing one would orphan the cells of stored sweeps.
    content = {"config": cell.config.to_dict(), "weights": weights, "judged": dict(metrics or {})}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def fingerprint(
    sequence: str, networks: Iterable[nn.Module | None], features: Iterable[torch.Tensor | None]
) -> str:
    """Hash of a sequence, the weights of networks in their order, and the features they take."""
    found = hashlib.sha256(sequence.encode())
    for network in networks:
        found.update(b"network")
        for name, value in network.state_dict().items() if network is not None else ():
            found.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
            found.update(value.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    for value in features:
        found.update(b"features")
        if value is not None:
            found.update(str(tuple(value.shape)).encode())
            found.update(value.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
