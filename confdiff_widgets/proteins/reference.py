"""Reference ensembles: conformers from all-atom MD in a compact file, with their TICA model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis.tica import TicaModel

RESOLUTION = 0.001
"""Å; positions are stored as 16-bit integers of this unit."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Reference ensemble against which samples of a protein are evaluated.

    Attributes
    ----------
    backbone : ndarray, shape (N, L, 4, 3)
        N, CA, C, O of reference conformers, Å, CA atoms centred.
    replica : ndarray of int, shape (N,)
        Trajectory of each conformer, to group them in error estimates.
    folded : ndarray, shape (L, 14, 3)
        Heavy atoms of the folded structure in atom14 order, Å, absent atoms 0.
    tica : TicaModel
        Fitted on the reference trajectories.
    temperature : float
        Temperature (K).
    """

    backbone: NDArray[np.float32]
    replica: NDArray[np.int64]
    folded: NDArray[np.float32]
    tica: TicaModel
    temperature: float

    @property
    def ca(self) -> NDArray[np.float32]:
        """CA positions (N, L, 3), Å."""
        return self.backbone[:, :, 1]

    @property
    def folded_ca(self) -> NDArray[np.float32]:
        """CA positions (L, 3) of the folded structure, Å."""
        return self.folded[:, 1]

    def save(self, path: str | Path) -> None:
        """Write as a compressed NPZ."""
        packed = np.round(self.backbone / RESOLUTION)
        if np.abs(packed).max() > np.iinfo(np.int16).max:
            raise ValueError(
                "The conformers extend beyond 32 Å from their centre: the format cannot store them."
            )
        arrays: dict[str, Any] = {
            "backbone": packed.astype(np.int16),
            "replica": self.replica.astype(np.int16),
            "folded": self.folded.astype(np.float32),
            "temperature": np.float64(self.temperature),
            **self.tica.to_arrays("tica_"),
        }
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> Reference:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data}
        return cls(
            backbone=arrays["backbone"].astype(np.float32) * np.float32(RESOLUTION),
            replica=arrays["replica"].astype(np.int64),
            folded=arrays["folded"],
            tica=TicaModel.from_arrays(arrays, "tica_"),
            temperature=float(arrays["temperature"]),
        )
