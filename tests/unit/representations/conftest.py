from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch


@pytest.fixture(scope="session")
def save_esm2() -> Callable[[Path, Any], None]:
    """Return a function that writes an ESM-2 file as published.

    Its settings are a Namespace, tensors have the names of fairseq, and the contact head is absent.
    """

    def save(path: Path, network: Any) -> None:
        state = {
            ("encoder." if name.startswith("lm_head") else "encoder.sentence_encoder.") + name: part
            for name, part in network.state_dict().items()
            if not name.startswith("contact_head")
        }
        settings = argparse.Namespace(
            encoder_layers=network.num_layers,
            encoder_embed_dim=network.embed_dim,
            encoder_attention_heads=network.attention_heads,
            token_dropout=True,
        )
        torch.save({"cfg": {"_name": None, "model": settings}, "args": None, "model": state}, path)

    return save
