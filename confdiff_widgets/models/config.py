"""Sizes of a score network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from ..errors import SettingsError

Head = Literal["force", "energy", "gradient"]
"""Guidance heads: the two published ones and the gradient head of this package."""


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the score network; the defaults are those of the published checkpoints.

    Attributes
    ----------
    node_repr, pair_repr : int
        Features per residue and per residue pair of the sequence representation; 0 for none.
    time, index, rbf : int
        Sizes of the time, residue-index and distance embeddings.
    c_s, c_z, c_skip : int
        Widths of node features, pair features and the skip connection.
    blocks, heads, c_hidden, qk_points, v_points : int
        Invariant point attention: blocks of the trunk, heads, channels and points per head.
    tfmr_heads, tfmr_layers : int
        The sequence transformer in each block.
    head : "force", "energy", "gradient" or None
        Guidance head on top of the trunk.
    """

    node_repr: int = 0
    pair_repr: int = 0
    time: int = 64
    index: int = 64
    rbf: int = 64
    c_s: int = 256
    c_z: int = 128
    c_skip: int = 64
    blocks: int = 4
    heads: int = 4
    c_hidden: int = 256
    qk_points: int = 8
    v_points: int = 12
    tfmr_heads: int = 4
    tfmr_layers: int = 2
    head: Head | None = None

    def __post_init__(self) -> None:
        width = self.c_s + self.c_skip
        if width % self.tfmr_heads:
            raise SettingsError(
                f"c_s + c_skip is {width}, not divisible by {self.tfmr_heads} transformer heads. "
                "Change one of them."
            )

    def to_dict(self) -> dict:
        return asdict(self)
