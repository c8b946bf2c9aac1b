"""Sizes and forward process of a score network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from ..diffusion.se3 import SE3Process
from ..diffusion.so3 import SO3Process
from ..errors import SettingsError

Head = Literal["force", "energy", "gradient"]
"""Guidance heads: the two published ones and the gradient head of this package."""

MAX_SIZE, MAX_LAYERS = 20_000, 200
"""Largest width and largest number of layers of a network."""

MIN_SIGMA = 0.01
"""Smallest σ that the IGSO3 tables resolve, radian."""


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes and forward process; the defaults are those of the published checkpoints.

    Attributes
    ----------
    node_repr, pair_repr : int
        Features per residue and per residue pair of the sequence representation; 0 for none.
    time, index, rbf : int
        Sizes of the time, residue-index and distance embeddings.
    temperature : int
        Size of the temperature embedding of a thermal network; 0 for a network of one temperature.
    c_s, c_z, c_skip : int
        Widths of node features, pair features and the skip connection.
    blocks, heads, c_hidden, qk_points, v_points : int
        Invariant point attention: blocks of the trunk, heads, channels and points per head.
    tfmr_heads, tfmr_layers : int
        The sequence transformer in each block.
    head : "force", "energy", "gradient" or None
        Guidance head on top of the trunk.
    sigma_min : float
        Noise of the orientations at t = 0, radian.
    t_min : float
        Smallest diffusion time of the training.
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
    temperature: int = 0
    sigma_min: float = 0.1
    t_min: float = 0.01

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            largest = MAX_LAYERS if name in ("blocks", "tfmr_layers") else MAX_SIZE
            smallest = 0 if name in ("node_repr", "pair_repr", "tfmr_layers", "temperature") else 1
            if isinstance(value, int) and not smallest <= value <= largest:
                raise SettingsError(f"{name} is {value}. Give {smallest} to {largest:,}.")
        width = self.c_s + self.c_skip
        if width % self.tfmr_heads:
            raise SettingsError(
                f"c_s + c_skip is {width}, not divisible by {self.tfmr_heads} transformer heads. "
                "Change one of them."
            )

        if not MIN_SIGMA <= self.sigma_min < 1:
            raise SettingsError(
                f"sigma_min is {self.sigma_min}. Give a number from {MIN_SIGMA} to below 1."
            )

    def process(self) -> SE3Process:
        """Return the forward process."""
        return SE3Process(so3=SO3Process(sigma_min=self.sigma_min))

    def to_dict(self) -> dict:
        return asdict(self)
