"""Format of ``last.ckpt``, the state from which a training resumes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import torch

from ..files.reading import check_regular, convert
from ..models.config import NetworkConfig
from ..models.network_file import CheckpointError


class Validated(msgspec.Struct):
    """State of a `Validation`."""

    best: float
    since: int
    history: list[tuple[int, float]]

    @property
    def best_step(self) -> int | None:
        """The step with the lowest loss, the first of several; None before the first evaluation."""
        return min(self.history, key=lambda entry: entry[1])[0] if self.history else None


class TrainingState(msgspec.Struct):
    """Contents of ``last.ckpt``."""

    network: NetworkConfig
    training: dict[str, Any]
    step: Annotated[int, msgspec.Meta(ge=0)]
    model: dict[str, Any]
    optimizer: dict[str, Any]
    ema: dict[str, Any]
    generator: Any
    validation: Validated | None = None


def read_checkpoint(path: Path) -> TrainingState:
    """Read a checkpoint.

    Raises
    ------
    CheckpointError
        If it is damaged or of another kind.
    """
    try:
        check_regular(path)
        return convert(torch.load(path, map_location="cpu", weights_only=True), TrainingState)
    except Exception as error:  # a damaged archive makes torch raise anything
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> CheckpointError:
    """Return the error of a checkpoint that cannot be read."""
    problem = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return CheckpointError(
        f"{path} is damaged or not a training checkpoint: {problem}. Remove it to start again."
    )
