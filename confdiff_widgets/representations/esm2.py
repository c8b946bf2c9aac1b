"""ESM-2 representations, computed with fair-esm."""

from __future__ import annotations

import argparse
import pickle
import warnings
from pathlib import Path
from typing import Any

import torch

from ..geometry.residues import check_sequence
from ..models.lightning_file import reason_of
from .base import Features, RepresentationError
from .downloads import SHA256, check_hash, fetch, record_hash

URL = "https://dl.fbaipublicfiles.com/fair-esm/models/{}.pt"

SIZES = {
    # parameters: (file, layers, features)
    "8M": ("esm2_t6_8M_UR50D", 6, 320),
    "35M": ("esm2_t12_35M_UR50D", 12, 480),
    "150M": ("esm2_t30_150M_UR50D", 30, 640),
    "650M": ("esm2_t33_650M_UR50D", 33, 1280),
    "3B": ("esm2_t36_3B_UR50D", 36, 2560),
    "15B": ("esm2_t48_15B_UR50D", 48, 5120),
}
"""Published sizes (Lin et al., Science 2023)."""


class ESM2:
    """Hidden states of ESM-2, without pair features.

    The network is loaded when the first sequence comes.

    Parameters
    ----------
    size : str
        One of the published sizes: 8M, 35M, 150M, 650M, 3B, 15B.
    layer : int, optional
        After which layer, 0 (the embedding) to the last, which is the default.
    weights : path, optional
        A file ``esm2_*.pt``; left out, fair-esm's own cache or a download. A file of another size
        than ``size`` brings its own.
    sha256 : str, optional
        That the file must have. fair-esm publishes none, so without it a download is compared with
        what it was when it was first used here.
    device : str

    Raises
    ------
    RepresentationError
        For an unknown size or layer, a missing fair-esm, a file that is damaged, changed or asks
        for code to be run, or without a network.
    """

    pair_size = 0

    def __init__(
        self,
        size: str = "650M",
        layer: int | None = None,
        *,
        weights: str | Path | None = None,
        sha256: str | None = None,
        device: torch.device | str = "cpu",
    ):
        if size not in SIZES:
            raise RepresentationError(f"ESM-2 has no size {size!r}; use {', '.join(SIZES)}.")
        if sha256 is not None and not SHA256.fullmatch(sha256.lower()):
            raise RepresentationError(f"{sha256!r} is not a SHA-256. Give 64 hexadecimal digits.")
        self.size, self.device = size, device
        self.sha256 = None if sha256 is None else sha256.lower()
        self.weights = None if weights is None else Path(weights)
        self._network: Any = None
        self._convert: Any = None
        _, layers, self.node_size = SIZES[size]
        if self.weights is not None:
            layers, self.node_size = self._load()
        self.layer = layers if layer is None else layer
        if not 0 <= self.layer <= layers:
            raise RepresentationError(f"This ESM-2 has layers 0 to {layers}, not {layer}.")
        known = {(n, f): name for name, (_, n, f) in SIZES.items()}
        called = known.get((layers, self.node_size), f"{layers}x{self.node_size}")
        self.name = f"esm2-{called}" + ("" if self.layer == layers else f"-layer{self.layer}")

    @torch.inference_mode()
    def __call__(self, sequence: str) -> Features:
        sequence = check_sequence(sequence)
        if self._network is None:
            self._load()
        _, _, tokens = self._convert([("", sequence)])
        found = self._network(tokens.to(self.device), repr_layers=[self.layer])
        # The first token represents the whole sequence, the last one ends it.
        hidden = found["representations"][self.layer][0, 1:-1]
        return Features(hidden.float().cpu().clone())

    def _load(self) -> tuple[int, int]:
        """Load the network and return its numbers of layers and features."""
        pretrained = _import_pretrained()
        path = self.weights or self._download()
        if not path.is_file():
            raise RepresentationError(f"{path} is missing.")
        downloaded, found = self.weights is None, None
        if downloaded or self.sha256 is not None:
            found = check_hash(path.name, path, self.sha256)
        data = _read(path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # contacts are not predicted here
                network, alphabet = pretrained.load_model_and_alphabet_core("esm2", data, None)
        except (RuntimeError, KeyError, TypeError, AttributeError) as error:
            raise RepresentationError(f"{path} is not an ESM-2 file: {str(error)[:300]}") from error
        if found is not None and downloaded:
            record_hash(path.name, found)
        self._network = network.eval().requires_grad_(False).to(self.device)
        self._convert = alphabet.get_batch_converter()
        return network.num_layers, network.embed_dim

    def _download(self) -> Path:
        url = URL.format(SIZES[self.size][0])
        try:
            return fetch(url)
        except OSError as error:
            raise RepresentationError(
                f"ESM-2 {self.size} cannot be downloaded ({error}). Connect to the internet, "
                f"or fetch {url} elsewhere, then: confdiff represent SEQUENCE "
                f"--as esm2-{self.size} --from FILE"
            ) from error


def _read(path: Path) -> dict[str, Any]:
    # The settings stored with the weights are a Namespace, which is harmless.
    with torch.serialization.safe_globals([argparse.Namespace]):
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise RepresentationError(
                f"{path} cannot be read as plain tensors, and nothing of it was run: "
                f"{reason_of(error)}."
            ) from error
        except (OSError, RuntimeError, EOFError) as error:
            raise RepresentationError(f"{path} is damaged or no checkpoint: {error}") from error


def _import_pretrained() -> Any:
    try:
        from esm import pretrained
    except ImportError as error:
        raise RepresentationError(
            "ESM-2 comes through fair-esm, which is not installed: "
            "pip install 'confdiff-widgets[esm]'"
        ) from error
    return pretrained
