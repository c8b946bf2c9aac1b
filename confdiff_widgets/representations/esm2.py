"""ESM-2 through fair-esm: a protein language model's features of each residue."""

from __future__ import annotations

import argparse
import pickle
import warnings
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch

from ..geometry.residues import check_sequence
from .base import Features, RepresentationError

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
    device : str

    Raises
    ------
    RepresentationError
        For an unknown size or layer, a missing fair-esm, a file that is damaged or asks for code
        to be run, or without a network.
    """

    pair_size = 0

    def __init__(
        self,
        size: str = "650M",
        layer: int | None = None,
        *,
        weights: str | Path | None = None,
        device: torch.device | str = "cpu",
    ):
        if size not in SIZES:
            raise RepresentationError(f"ESM-2 has no size {size!r}; use {', '.join(SIZES)}.")
        self.size, self.device = size, device
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
        # the first token stands for the whole sequence, the last ends it
        hidden = found["representations"][self.layer][0, 1:-1]
        return Features(hidden.float().cpu().clone())

    def _load(self) -> tuple[int, int]:
        """Load the network; its layers and features."""
        pretrained = _import_pretrained()
        data = self._read()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # contacts are not predicted here
                network, alphabet = pretrained.load_model_and_alphabet_core("esm2", data, None)
        except (RuntimeError, KeyError, TypeError, AttributeError) as error:
            raise RepresentationError(
                f"{self.weights or self.size} is no ESM-2: {str(error)[:300]}"
            ) from error
        self._network = network.eval().requires_grad_(False).to(self.device)
        self._convert = alphabet.get_batch_converter()
        return network.num_layers, network.embed_dim

    def _read(self) -> dict[str, Any]:
        # the settings beside the weights are a Namespace, which can do nothing
        with torch.serialization.safe_globals([argparse.Namespace]):
            try:
                if self.weights is None:
                    return torch.hub.load_state_dict_from_url(
                        URL.format(SIZES[self.size][0]), map_location="cpu", weights_only=True
                    )
                return torch.load(self.weights, map_location="cpu", weights_only=True)
            except pickle.UnpicklingError as error:
                raise RepresentationError(
                    f"{self.weights or self.size} cannot be read as plain tensors, and nothing of "
                    f"it was run: {str(error).splitlines()[0]}"
                ) from error
            except (URLError, ConnectionError, TimeoutError) as error:
                raise RepresentationError(
                    f"ESM-2 {self.size} cannot be downloaded ({error}). Connect to the internet, "
                    f"or fetch {URL.format(SIZES[self.size][0])} elsewhere and give the file."
                ) from error
            except (OSError, RuntimeError, EOFError) as error:
                raise RepresentationError(
                    f"{self.weights or self.size} is missing, damaged or no checkpoint: {error}"
                ) from error


def _import_pretrained() -> Any:
    try:
        from esm import pretrained
    except ImportError as error:
        raise RepresentationError(
            "ESM-2 comes through fair-esm, which is not installed: "
            "pip install 'confdiff-widgets[esm]'"
        ) from error
    return pretrained
