"""ESMFold representations, computed with transformers; used by the published checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ..geometry.residues import encode_sequence
from .base import Features, RepresentationError
from .downloads import SHA256, check_hash

MODEL = "facebook/esmfold_v1"
NODE_SIZE, PAIR_SIZE = 1024, 128
CHUNK = 128
"""Rows of axial attention per chunk; memory then grows with L² instead of L³."""

CHUNK_FROM = 256
"""Number of residues from which attention is computed in chunks."""


class ESMFold:
    """Output of the trunk's last cycle: single (1024) and pair (128) features.

    The network (3.5 billion parameters, 8 GB) is loaded when the first sequence comes.

    Parameters
    ----------
    recycles : int
        Repetitions of the trunk after the first pass: 0 or 3 for the authors' checkpoints.
    model : str or path
        Name on the Hugging Face Hub, or a folder of ``save_pretrained``.
    device : str
    half : bool
        Run the language model in half precision: half the memory, and features that differ by
        about 1e-3. The authors computed theirs in single precision.
    chunk : int, optional
        Rows of attention at a time; left out, 128 for long sequences.

    Raises
    ------
    RepresentationError
        Without transformers or a network, for a folder of another model, or for a download that
        is damaged or was changed.
    """

    node_size = NODE_SIZE
    pair_size = PAIR_SIZE

    def __init__(
        self,
        recycles: int = 3,
        *,
        model: str | Path = MODEL,
        device: torch.device | str = "cpu",
        half: bool = False,
        chunk: int | None = None,
    ):
        if recycles < 0:
            raise RepresentationError(f"recycles is {recycles}; use 0 or more.")
        self.recycles, self.model, self.device = recycles, str(model), device
        self.half, self.chunk = half, chunk
        self.name = f"esmfold-r{recycles}"
        self._network: Any = None

    @torch.inference_mode()
    def __call__(self, sequence: str) -> Features:
        # The order of the amino acids is AlphaFold's, as in this package.
        aatype = encode_sequence(sequence)[None].to(self.device)
        network = self._network or self._load()
        length = aatype.shape[1]
        network.trunk.set_chunk_size(self.chunk or (CHUNK if length >= CHUNK_FROM else None))
        found = network(aatype, num_recycles=self.recycles)
        node, pair = (part[0].float().cpu().clone() for part in (found.s_s, found.s_z))
        self.node_size, self.pair_size = node.shape[-1], pair.shape[-1]
        return Features(node, pair)

    def _load(self) -> Any:
        try:
            from transformers import EsmForProteinFolding
        except ImportError as error:
            raise RepresentationError(
                "ESMFold comes through transformers, which is not installed: "
                "pip install 'confdiff-widgets[esm]'"
            ) from error
        try:
            loaded: Any = EsmForProteinFolding.from_pretrained(self.model, output_loading_info=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise RepresentationError(
                f"ESMFold cannot be loaded from {self.model} ({str(error).splitlines()[0]}). "
                "Connect to the internet, give a folder with the model (`confdiff represent "
                "--from`), or compute the features on another machine and copy them."
            ) from error
        network, report = loaded
        if missing := report["missing_keys"]:
            raise RepresentationError(
                f"{self.model} is no ESMFold: it lacks {len(missing)} tensors, such as "
                f"{min(missing)}."
            )
        check_download(self.model)
        network = network.float().eval().requires_grad_(False)
        if self.half:
            network.esm.half()
        self._network = network.to(self.device)
        return self._network


def check_download(model: str) -> None:
    """Compare the weights in the Hub's cache with the hashes stated by the Hub."""
    from huggingface_hub import try_to_load_from_cache

    config = None if Path(model).exists() else try_to_load_from_cache(model, "config.json")
    if not isinstance(config, str):
        return
    for file in sorted(Path(config).parent.iterdir()):
        stated = file.resolve().name  # the cache names large files by their SHA-256
        if SHA256.fullmatch(stated):
            check_hash(file.name, file, stated)
