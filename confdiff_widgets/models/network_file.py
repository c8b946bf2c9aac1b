"""Network files: safetensors with the sizes in the header; nothing is unpickled."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..errors import UserError
from ..files.reading import FormatError, check_regular, fill, parse_json
from ..files.writing import write_bytes
from .config import NetworkConfig
from .network import ScoreNetwork

FORMAT = "confdiff-network-1"


class CheckpointError(UserError, ValueError):
    """A file contains no usable network.

    Attributes
    ----------
    problems : tuple of str
        Every tensor that is missing, unexpected or of another shape; the message shows a few.
    """

    def __init__(self, message: str, problems: Iterable[str] = ()):
        super().__init__(message)
        self.problems = tuple(problems)


def save_network(
    path: str | Path,
    config: NetworkConfig,
    weights: Mapping[str, Tensor],
    *,
    representation: str | None,
) -> None:
    """Write weights with their sizes and the name of the representation (None: unconditional).

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    header = {
        "format": FORMAT,
        "network": json.dumps(config.to_dict()),
        "representation": representation or "",
    }
    content = {name: weight.contiguous().cpu() for name, weight in weights.items()}
    write_bytes(Path(path), save(content, metadata=header))


def load_network(
    path: str | Path, *, device: torch.device | str = "cpu"
) -> tuple[ScoreNetwork, str | None]:
    """Load a network in evaluation mode, and the name of its representation.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, of another kind, or does not fit its own sizes.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"No such checkpoint: {path}")
    try:
        check_regular(path)
        with safe_open(path, framework="pt", device=str(device)) as file:
            header = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, FormatError) as error:
        raise CheckpointError(
            f"{path} is not a safetensors file or is damaged ({error}). "
            "Networks of this package are written by `confdiff train`."
        ) from error
    if header.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} contains tensors of another program (format {header.get('format')!r}, "
            f"expected {FORMAT!r})."
        )
    try:
        config = fill(NetworkConfig, parse_json(header["network"], dict[str, Any]))
        with torch.device("meta"):
            network = ScoreNetwork(config)
    except (KeyError, TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise CheckpointError(
            f"{path} states sizes that no network can have: {error}. A newer version of "
            "this package may have written it."
        ) from error
    check_tensors(str(path), network.state_dict(), weights)
    weights = {name: tensor.float() for name, tensor in weights.items()}
    network.load_state_dict(weights, assign=True)
    network.requires_grad_(False)
    return network.eval(), header.get("representation") or None


def check_tensors(source: str, expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
    """Check that tensors match those of a network.

    Raises
    ------
    CheckpointError
        With the names that are missing, unexpected or of another shape, or not finite.
    """
    problems = [f"missing {name}" for name in expected.keys() - found.keys()]
    problems += [f"unexpected {name}" for name in found.keys() - expected.keys()]
    problems += [
        f"{name} is {tuple(found[name].shape)}, expected {tuple(expected[name].shape)}"
        for name in expected.keys() & found.keys()
        if found[name].shape != expected[name].shape
    ]
    if problems:
        problems.sort()
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise CheckpointError(
            f"{source} does not fit its own sizes: {'; '.join(problems[:5])}{more}.", problems
        )
    bad = sorted(name for name, tensor in found.items() if not torch.isfinite(tensor).all())
    if bad:
        raise CheckpointError(f"{source} contains NaN or infinite weights in {', '.join(bad[:5])}.")
