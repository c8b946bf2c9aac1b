"""Checkpoints: networks by published name, file or training folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import torch
from torch import Tensor

from ..cache import DIGEST_LENGTH, cache_folder, file_sha256
from ..files.reading import FormatError, read_json
from ..files.writing import make_folder, output_errors, write_text
from .config import NetworkConfig
from .hub import PUBLISHED, download, nearest_name, published
from .lightning_file import read_lightning
from .network import ScoreNetwork
from .network_file import CheckpointError, check_tensors, load_network, save_network
from .sizes import sizes_of

__all__ = ["NETWORK_FILE", "Checkpoint", "CheckpointError", "load", "load_network", "save_network"]

NETWORK_FILE = "network.safetensors"
"""File name of the result in a training folder."""

ABOUT = "about.json"


class _About(msgspec.Struct):
    """Contents of `ABOUT` that are needed."""

    networks: list[Literal["model", "unconditional"]]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Contents of a checkpoint; a published guidance checkpoint contains all three networks.

    Attributes
    ----------
    name : str
        What it was asked for as, without folders.
    sha256 : str
        Of the file, 64 hexadecimal digits.
    representation : str or None
        Name of the representation that ``conditional`` and ``head`` take; None where they are
        missing, or where the file does not say.
    conditional, unconditional : ScoreNetwork or None
        Both None for a head of `confdiff train`: what its trunk predicts is no score.
    head : ScoreNetwork or None
        With a guidance head; that of the authors' checkpoints shares the trunk of
        ``conditional``.
    released : bool
        Whether it was trained by the authors' code, whose heads mean something else than those of
        `confdiff train`.
    """

    name: str
    sha256: str
    representation: str | None
    conditional: ScoreNetwork | None
    unconditional: ScoreNetwork | None
    head: ScoreNetwork | None = None
    released: bool = False

    @property
    def config(self) -> NetworkConfig:
        """Sizes of the larger network."""
        network = self.head or self.conditional or self.unconditional
        assert network is not None
        return network.config

    def describe(self) -> str:
        """Return a one-line summary: contents, size and hash."""
        networks = {"conditional": self.conditional, "unconditional": self.unconditional}
        held = [name for name, network in networks.items() if network is not None]
        if self.head is not None:
            held.append(f"{self.head.config.head} head")
        modules = [m for m in (self.head or self.conditional, self.unconditional) if m is not None]
        count = sum(p.numel() for module in modules for p in module.parameters()) / 1e6
        takes = f", on {self.representation}" if self.representation else ""
        return (
            f"{self.name}: {' + '.join(held)}{takes}, {count:.1f} M parameters, "
            f"SHA-256 {self.sha256[:16]}"
        )


def load(
    source: str | Path,
    *,
    device: torch.device | str = "cpu",
    representation: str | None = None,
) -> Checkpoint:
    """Load the networks of a checkpoint, in evaluation mode.

    Parameters
    ----------
    source : str or path
        A published name (``ConfDiff-ESM-r3-FORCE``), a folder of `confdiff train`, its
        ``network.safetensors``, or a Lightning file as the authors publish them. Lightning files
        are converted once; the result lies in the cache under the hash of the file.
    device : str
    representation : str, optional
        Of a Lightning file under a name of one's own, which does not say it.

    Raises
    ------
    CheckpointError
        If there is no such checkpoint, or the file is damaged, of another architecture, or asks
        for code to be run.
    DownloadError
        If a published checkpoint cannot be fetched.
    """
    path = Path(source)
    entry = None if path.exists() else published(str(source))
    if entry is not None:
        file, sha256 = download(entry)
        found = _from_lightning(file, sha256, device)
        return dataclasses.replace(found, name=entry.name, representation=entry.representation)
    if path.is_dir() and (path / NETWORK_FILE).exists():
        path = path / NETWORK_FILE
    if not path.exists():
        raise CheckpointError(f"No such checkpoint: {source}.{_hint(str(source))}")
    if path.suffix == ".safetensors":
        network, name = load_network(path, device=device)
        return _own(path, network, name)
    found = _from_lightning(path, file_sha256(path) if path.is_file() else "", device)
    if found.conditional is not None:
        like = published(path.stem)
        name = representation or (like.representation if like else None)
        found = dataclasses.replace(found, representation=name)
    return dataclasses.replace(found, name=path.name)


def _hint(name: str) -> str:
    near = nearest_name(name)
    if near:
        return f" Did you mean {near}?"
    return f" Give a folder of `confdiff train`, a file, or one of {', '.join(PUBLISHED)}."


def _own(path: Path, network: ScoreNetwork, representation: str | None) -> Checkpoint:
    name = path.parent.name if path.name == NETWORK_FILE else path.name
    head = network.config.head is not None  # its training left nothing of the prediction of x_0
    knows = representation is not None
    return Checkpoint(
        name=name or path.name,
        sha256=file_sha256(path),
        representation=representation,
        conditional=network if knows and not head else None,
        unconditional=network if not knows and not head else None,
        head=network if head else None,
    )


def _from_lightning(path: Path, sha256: str, device: torch.device | str) -> Checkpoint:
    folder = cache_folder("checkpoints") / sha256[:DIGEST_LENGTH]
    if not sha256 or not (folder / ABOUT).is_file():
        _convert(path, sha256, folder)
    try:
        parts = _load_converted(folder, device)
    except CheckpointError:  # the cache was damaged; the file is still there
        _convert(path, sha256, folder)
        parts = _load_converted(folder, device)
    network = parts["model"]
    base, head = _without_head(network), network if network.config.head else None
    conditional = base if base.config.node_repr else None
    unconditional = parts.get("unconditional") or (None if conditional else base)
    return Checkpoint(path.name, sha256, None, conditional, unconditional, head, released=True)


def _convert(path: Path, sha256: str, folder: Path) -> None:
    """Write the checked networks of a Lightning file into a folder, all of them or none."""
    networks = read_lightning(path)
    configs = {}
    for network, weights in networks.items():
        where = f"{path} ({network})" if len(networks) > 1 else str(path)
        configs[network] = sizes_of(weights, where)
        with torch.device("meta"):
            expected = ScoreNetwork(configs[network]).state_dict()
        check_tensors(where, expected, weights)
    about = {"file": path.name, "sha256": sha256, "networks": list(networks)}
    make_folder(folder)
    with output_errors(folder / ABOUT):
        (folder / ABOUT).unlink(missing_ok=True)  # without it, the folder counts as missing
    for network, weights in networks.items():
        single = {name: tensor.float() for name, tensor in weights.items()}
        save_network(
            folder / f"{network}.safetensors", configs[network], single, representation=None
        )
    write_text(folder / ABOUT, json.dumps(about, indent=1))


def _load_converted(folder: Path, device: torch.device | str) -> dict[str, ScoreNetwork]:
    try:
        about = read_json(folder / ABOUT, _About)
    except (OSError, FormatError) as error:
        raise CheckpointError(f"{folder / ABOUT} is damaged: {error}.") from error
    return {
        network: load_network(folder / f"{network}.safetensors", device=device)[0]
        for network in about.networks
    }


def _without_head(network: ScoreNetwork) -> ScoreNetwork:
    """Return the score network of a guidance head; the weights are shared."""
    head = network.config.head
    if head is None:
        return network
    with torch.device("meta"):
        base = ScoreNetwork(dataclasses.replace(network.config, head=None))
    weights: Mapping[str, Tensor] = network.state_dict()
    base.load_state_dict({name: weights[name] for name in base.state_dict()}, assign=True)
    return base.requires_grad_(False).eval()
