"""Reader of published Lightning checkpoints; never executes code in them.

Only tensors and plain containers are read (``torch.load(weights_only=True)``). Lightning writes a
training's settings beside the weights, as objects of classes; those whose names are listed below
are read as stand-ins that hold nothing and do nothing, and every other name is refused.
"""

from __future__ import annotations

import fnmatch
import pickle
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .network_file import CheckpointError

PREFIX = "score_network."
NETWORKS = {"model": f"{PREFIX}model_nn.", "unconditional": f"{PREFIX}uncond_model_nn."}
WRAPPERS = re.compile(r"^(?:_forward_module\.|module\.|_orig_mod\.)+")
"""Prefixes that DeepSpeed, data parallelism and torch.compile add to names."""

SETTINGS = (
    "builtins.bool", "builtins.dict", "builtins.float", "builtins.int", "builtins.list",
    "builtins.str", "collections.defaultdict", "functools.partial", "logging.getLogger",
    "numpy.*", "omegaconf.*", "pathlib.*", "src.*", "torch.optim.*", "typing.Any",
    "lightning.*", "lightning_fabric.*", "pytorch_lightning.*", "diffusers.*",
)  # fmt: skip
"""Names, never the things themselves: numbers of a noise schedule, an optimiser's settings."""

KINDS = "a Lightning checkpoint (.ckpt) or a network.safetensors of `confdiff train`"


class _StandIn:
    """Placeholder for an object that is not needed."""

    def __new__(cls, *_: Any, **__: Any) -> _StandIn:
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


def read_lightning(path: Path) -> dict[str, dict[str, Tensor]]:
    """Read the tensors of each network in a file: "model", and "unconditional" if present.

    Raises
    ------
    CheckpointError
        If the file is damaged, of another kind, or needs code to be read.
    """
    if path.is_dir():
        raise CheckpointError(
            f"No such checkpoint: {path} is a folder without network.safetensors. If it is a "
            "sharded DeepSpeed checkpoint, consolidate it first: python zero_to_fp32.py FOLDER "
            "FILE.ckpt (the script lies in it)."
        )
    state = _state_dict(path, _load(path))
    found = {
        network: {name[len(start) :]: t for name, t in state.items() if name.startswith(start)}
        for network, start in NETWORKS.items()
    }
    if not found["model"]:
        names = ", ".join(sorted(state)[:3]) or "nothing"
        raise CheckpointError(
            f"{path} is not a CONFDIFF checkpoint: it has no tensor "
            f"{NETWORKS['model']}...; it holds {names}{', ...' if len(state) > 3 else ''}."
        )
    return {network: tensors for network, tensors in found.items() if tensors}


def _state_dict(path: Path, content: object) -> dict[str, Tensor]:
    if isinstance(content, Mapping) and "ema" in content and "network" in content:
        raise CheckpointError(
            f"{path} is the training state of this package. Give its folder, or the "
            "network.safetensors beside it."
        )
    state = content.get("state_dict", content) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping):
        raise CheckpointError(f"{path} holds no weights: give {KINDS}.")
    named = {WRAPPERS.sub("", str(name)): value for name, value in state.items()}
    return {
        name: value.detach()
        for name, value in named.items()
        if isinstance(value, Tensor) and name.startswith(PREFIX)
    } or {name: value for name, value in named.items() if isinstance(value, Tensor)}


def _load(path: Path) -> object:
    try:
        with path.open("rb") as file:
            is_zip = file.read(4) == b"PK\x03\x04"
        with _stand_ins(_code_in(path) if is_zip else []):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except CheckpointError:  # refused already, with its own words
        raise
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} cannot be read as plain tensors, and nothing of it was run: "
            f"{reason_of(error)}. Give {KINDS}."
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, LookupError, AttributeError) as error:
        raise CheckpointError(
            f"{path} is damaged or not a checkpoint ({reason_of(error)}). Download or copy it "
            f"again; it should be {KINDS}."
        ) from error


def _code_in(path: Path) -> list[str]:
    """Return the names of the settings in a file.

    Raises
    ------
    CheckpointError
        If there are other names than of settings.
    """
    names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    refused = [n for n in names if not any(fnmatch.fnmatchcase(n, s) for s in SETTINGS)]
    if refused:
        raise CheckpointError(
            f"{path} is refused: loading it would run code, {', '.join(sorted(refused)[:5])}. "
            "Nothing of it was run. Take weights from their authors' own page, or ask for them as "
            "safetensors."
        )
    return names


@contextmanager
def _stand_ins(names: list[str]) -> Iterator[None]:
    classes: list[Any] = []
    for name in names:
        module, _, attribute = name.rpartition(".")
        about = {"__module__": module, "__qualname__": attribute}
        classes.append(type(attribute, (_StandIn,), about))
    with torch.serialization.safe_globals(classes):
        yield


def reason_of(error: Exception) -> str:
    """Return the part of torch's message that states the problem."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if "Error:" in line or "GLOBAL" in line), None)
    if told is None and "weights_only" in str(error):
        return "it is no file of torch"  # and torch's own words tell how to run its code
    return (told or (lines[0] if lines else type(error).__name__))[:200].rstrip(".")
