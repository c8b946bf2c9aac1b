"""Random numbers that depend on the seed and the step alone.

A run can so be rewound and continued, or split into smaller batches, without changing its noise.
"""

from __future__ import annotations

import hashlib

import torch


def generator_for(seed: int, step: int, device: torch.device | str) -> torch.Generator:
    """A generator for one step of a run with this seed."""
    digest = hashlib.blake2b(f"{seed}:{step}".encode(), digest_size=8).digest()
    generator = torch.Generator(device=device)
    return generator.manual_seed(int.from_bytes(digest, "big") >> 1)
